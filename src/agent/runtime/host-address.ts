/** The address of what shares the network of the host, for pods and for whoever looks for them: jobd has one node. */
export const HOST_ADDRESS = '127.0.0.1'
