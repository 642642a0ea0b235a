/** The name of the host is the value of a label, too: those are shorter than names of hosts may be. */
const LONGEST = 63

/**
 * The name of the node of a host: that of the host in lower case, as a kubelet takes it. A dash stands for what the name of
 * an object must not have; `localhost` for a host without a name, of which Linux says `(none)`.
 */
export function nodeNameOf(hostname: string): string {
  if (hostname === '(none)') return 'localhost'
  const labels = hostname
    .toLowerCase()
    .split('.')
    .map((label) => label.replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, ''))
    .filter((label) => label !== '')
  const name = labels
    .join('.')
    .slice(0, LONGEST)
    .replace(/[-.]+$/, '')
  return name === '' ? 'localhost' : name
}
