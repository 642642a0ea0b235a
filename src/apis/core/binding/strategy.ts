import { buildStrategy } from '../../generic/index.ts'
import { anyName } from '../../meta/index.ts'
import type { Strategy } from '../../strategy.ts'
import type { Binding } from '../types.gen.ts'
import { validateBinding } from './validation.ts'

/** Bindings: only ever posted. */
export const bindingStrategy: Strategy<Binding> = buildStrategy<Binding>({
  type: 'core.v1.Binding',
  namespaced: true,
  nameRule: anyName,
  metadata: 'Own',
  validateCreate: validateBinding,
})
