export { ageColumn, column, genericTable, nameColumn, tableOf } from './columns.ts'
export { humanDuration, humanSpan } from './duration.ts'
export { labelsText } from './labels.ts'
