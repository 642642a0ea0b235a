/** What a node does not do of what a pod asks for, told when the pod or what makes it is created. */
import type { PodSpec } from '../apis/core/index.ts'
import { type ImagePolicy, imageWarnings } from './images/index.ts'

/** Warnings of a node whose pods are processes. @param path where the spec is: `spec`, `spec.template.spec` */
export const processWarnings =
  (images: ImagePolicy) =>
  (spec: PodSpec, _path: string): readonly string[] => [...imageWarnings(images, spec)]
