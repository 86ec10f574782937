/**
 * The HTTP server under the API: plain or TLS, and patient with nobody for ever.
 *
 * I1. A head that takes longer than headMs, a request that takes longer than requestMs, an answer that
 *     nobody takes and a connection that is idle are dropped; looked for every second.
 * I2. More connections than connectionsMax are closed as they come.
 */
import http, { type RequestListener } from 'node:http';
import https from 'node:https';
import type { DoorConfig } from './door-config.ts';
import { type Pair, TLS_VERSION_MIN } from './tls.ts';

/** A token of a session, an Authorization header and a long target fit four times. */
const HEAD_BYTES_MAX = 16 * 1024;
const CHECK_MS = 1000;
/** Of a socket that nothing moves on, in the middle of an answer. */
const STUCK_MS = 120_000;
const HANDSHAKE_MS = 10_000;

export function makeListener(
  door: DoorConfig,
  pair: Pair | undefined,
): (handler: RequestListener) => http.Server {
  return (handler) => {
    const options = {
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: door.headMs,
      requestTimeout: Math.max(door.requestMs, door.headMs),
      keepAliveTimeout: door.idleMs,
      connectionsCheckingInterval: CHECK_MS,
    };
    const server = pair
      ? https.createServer(
          { ...options, ...pair, minVersion: TLS_VERSION_MIN, handshakeTimeout: HANDSHAKE_MS },
          handler,
        )
      : http.createServer(options, handler);
    server.maxConnections = door.connectionsMax;
    server.setTimeout(STUCK_MS);
    return server;
  };
}
