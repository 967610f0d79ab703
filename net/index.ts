export {
  type CertificateAuthority,
  type CertificateAuthorityOptions,
  type CertificateRequest,
  createCertificateAuthority,
  type IssuedCertificate,
} from "./ca.ts";
export { type ClientCertificate, certificateOf } from "./client-certificate.ts";
export { child, children, type Der, octetsOf, oidText, readDer } from "./der-reader.ts";
export {
  createDialer,
  type Dialer,
  loopbackResolver,
  type Resolver,
  type Route,
  resolveRoute,
  tableResolver,
} from "./dialer.ts";
export { type EgressProxyOptions, type RunningEgressProxy, startEgressProxy } from "./egress-proxy.ts";
export {
  type ActiveFault,
  type Fault,
  type FaultEffect,
  type FaultMatch,
  FaultPlan,
  type MetFault,
  waitOut,
  withFaults,
} from "./faults.ts";
export {
  createHttpClient,
  type HttpClient,
  type HttpClientOptions,
  type HttpRequest,
  type HttpResponse,
  type HttpStream,
} from "./http-client.ts";
export {
  type HttpExchange,
  type HttpHandler,
  type HttpServerOptions,
  type ListenAt,
  type ListenPlace,
  type RunningHttpServer,
  type StreamWriter,
  startHttpServer,
} from "./http-server.ts";
export { createHttpTransport, type HttpTransport } from "./http-transport.ts";
export { Journal, type JournalEntry, type JournalFilter, type JournalOptions, type Seam } from "./journal.ts";
export { GatheredJournal, journalInto } from "./journal-file.ts";
export {
  createSigningKey,
  decodeJwt,
  type Jwk,
  type JwtClaims,
  type JwtHeader,
  publicKeyOf,
  type SigningKey,
  signingKeyOf,
  signJwt,
  verifySignature,
} from "./jwt.ts";
export { type PfxContent, type PfxDialect, readPfx, writePfx } from "./pkcs12/index.ts";
export { processDialer } from "./process-dialer.ts";
export { type SpdyOptions, type SpdyStream, serveSpdy } from "./spdy/connection.ts";
export { TlsMemory } from "./tls-client.ts";
export {
  acceptWebSocket,
  commonProtocol,
  isWebSocketUpgrade,
  type WebSocketConnection,
  type WebSocketOptions,
} from "./websocket.ts";
