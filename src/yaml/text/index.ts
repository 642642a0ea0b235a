export { yamlText } from './text.ts'
