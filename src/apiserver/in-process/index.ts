export { type InProcessOptions, inProcessClient } from './client.ts'
