import type { Strategy } from '../strategy.ts'

export type * from './types.gen.ts'

/** The kinds of this group that have rules of their own. */
export const batchStrategies: readonly Strategy[] = []
