export { type HttpServer, type Listen, type ServerParts, startServer } from './server.ts'
