export type { ArgumentInfo, CommandInfo, OptionInfo } from './command-tree.ts'
export { flatten } from './command-tree.ts'
export { completionScript, type Shell } from './completion.ts'
export { manualPage } from './manual.ts'
