import type { Container, PodSpec } from '../types.gen.ts'

/** Calls back for every container with its path: init containers first, then the main ones, then ephemeral ones. */
export function visitContainers(
  spec: PodSpec,
  path: string,
  visit: (container: Container, path: string) => void,
): void {
  const prefix = path === '' ? '' : `${path}.`
  spec.initContainers?.forEach((container, index) => {
    visit(container, `${prefix}initContainers[${index}]`)
  })
  spec.containers?.forEach((container, index) => {
    visit(container, `${prefix}containers[${index}]`)
  })
  spec.ephemeralContainers?.forEach((container, index) => {
    visit(container, `${prefix}ephemeralContainers[${index}]`)
  })
}
