export { type SpdyConnection, type SpdyParts, type SpdyStream, type StreamHandlers, serveSpdy } from './connection.ts'
