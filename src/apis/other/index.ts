import type { Strategy } from '../strategy.ts'

export type * from './types.gen.ts'

/** The kinds of these groups that have rules of their own. */
export const otherStrategies: readonly Strategy[] = []
