/** The JSON text of an object that `decodeObject` gave or that was built like one. */
import type { KubeObject } from '../meta/object.ts'

export const encodeJson = (object: KubeObject): string => JSON.stringify(object)
