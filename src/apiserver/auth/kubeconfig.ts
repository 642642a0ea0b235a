/** The administrator's kubeconfig: a file of our own in the data directory, never the user's. */
import { createPrivateKey } from 'node:crypto'
import { readIfThere, writePrivate } from './files.ts'

export type KubeconfigContent = {
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64')

/**
 * An EC key in the form whose first line names it (`BEGIN EC PRIVATE KEY`), as upstream writes keys: fabric8's client takes every
 * other for RSA.
 */
const keyText = (key: string): string => createPrivateKey(key).export({ type: 'sec1', format: 'pem' }) as string

/** A kubeconfig with everything embedded, so that it can be copied and mounted as one file. The key is one on a curve. */
export const kubeconfigText = ({ server, ca, cert, key }: KubeconfigContent): string => `apiVersion: v1
kind: Config
clusters:
- name: jobd
  cluster:
    certificate-authority-data: ${base64(ca)}
    server: ${server}
users:
- name: jobd-admin
  user:
    client-certificate-data: ${base64(cert)}
    client-key-data: ${base64(keyText(key))}
contexts:
- name: jobd
  context:
    cluster: jobd
    namespace: default
    user: jobd-admin
current-context: jobd
`

/** Writes the file (mode 0600, atomically) unless it says the same already. */
export function writeKubeconfig(path: string, content: KubeconfigContent): void {
  const text = kubeconfigText(content)
  if (readIfThere(path) !== text) writePrivate(path, text)
}
