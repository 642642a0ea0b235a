/**
 * The API server over HTTPS. `createHttpServer({ api, options, auth, certificates, version, openapi, clock, random, log,
 * listen: { host, port } })` listens and answers `{ address: { host, port, url }, close(), renew() }`.
 */
export type { AuditLog } from './audit.ts'
export { createHttpServer, type HttpServerConfig } from './create-http-server.ts'
export type { HealthCheck, HealthRoot } from './health.ts'
export type {
  ExecEnd,
  ExecOutput,
  ExecRequest,
  ExecSession,
  LogRequest,
  PodLogs,
  PodStreams,
  PortOutput,
  PortSession,
  TerminalSize,
} from './pods.ts'
export type { HttpServer, Listen } from './server.ts'
