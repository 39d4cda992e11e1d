/** Which of Envoy's four jobs. */
export interface EnvoyJob {
  readonly port: number
  readonly admin: number
  readonly origin: number
  /** Folder with c.pem, k.pem, jwks.json; the access log goes there too. */
  readonly folder: string
  readonly tls: boolean
  /** JWT, per-subject limit, access log, route stats. */
  readonly secured: boolean
  /** Envoy's cache of verified tokens. */
  readonly tokenCache: boolean
}

/** Envoy's configuration for a job, as JSON. Run with `--concurrency 1`. */
export function envoyConfig(job: EnvoyJob): string {
  const listener = {
    name: 'listener',
    address: socketAddress(job.port),
    filter_chains: [
      { ...(job.tls ? { transport_socket: downstreamTls(job.folder) } : {}), filters: [connectionManager(job)] },
    ],
  }
  const cluster = {
    name: 'origin',
    type: 'STATIC',
    connect_timeout: '5s',
    load_assignment: {
      cluster_name: 'origin',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(job.origin) } }] }],
    },
  }
  return JSON.stringify({
    static_resources: { listeners: [listener], clusters: [cluster] },
    admin: { address: socketAddress(job.admin) },
  })
}

function connectionManager(job: EnvoyJob): unknown {
  return {
    name: 'http',
    typed_config: typed('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: 'in',
      codec_type: 'AUTO',
      use_remote_address: true,
      generate_request_id: false,
      ...(job.secured ? { access_log: [accessLog(job.folder)] } : {}),
      route_config: {
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              {
                name: 'orders',
                match: { prefix: '/' },
                route: { cluster: 'origin' },
                ...(job.secured ? { stat_prefix: 'orders' } : {}),
              },
            ],
          },
        ],
      },
      http_filters: [
        ...(job.secured ? [jwt(job), limit()] : []),
        {
          name: 'router',
          typed_config: typed('envoy.extensions.filters.http.router.v3.Router', { suppress_envoy_headers: true }),
        },
      ],
    }),
  }
}

function jwt(job: EnvoyJob): unknown {
  const provider = {
    issuer: 'https://auth.internal.net/',
    audiences: ['gw'],
    require_expiration: true,
    clock_skew_seconds: 5,
    local_jwks: { filename: `${job.folder}/jwks.json` },
    claim_to_headers: [{ header_name: 'x-sub', claim_name: 'sub' }],
    ...(job.tokenCache ? { jwt_cache_config: { jwt_cache_size: 1000, jwt_max_token_size: 4096 } } : {}),
  }
  return {
    name: 'jwt',
    typed_config: typed('envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication', {
      providers: { p: provider },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'p' } }],
    }),
  }
}

function limit(): unknown {
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } }
  return {
    name: 'limit',
    typed_config: typed('envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit', {
      stat_prefix: 'limit',
      token_bucket: { max_tokens: 2_000_000_000, tokens_per_fill: 2_000_000_000, fill_interval: '1s' },
      always_consume_default_token_bucket: false,
      max_dynamic_descriptors: 10_000,
      filter_enabled: always,
      filter_enforced: always,
      rate_limits: [{ actions: [{ request_headers: { header_name: 'x-sub', descriptor_key: 'sub' } }] }],
      descriptors: [
        {
          entries: [{ key: 'sub' }],
          token_bucket: { max_tokens: 1_000_000_000, tokens_per_fill: 1_000_000_000, fill_interval: '60s' },
        },
      ],
    }),
  }
}

function accessLog(folder: string): unknown {
  return {
    name: 'file',
    typed_config: typed('envoy.extensions.access_loggers.file.v3.FileAccessLog', {
      path: `${folder}/envoy.access.log`,
      log_format: {
        json_format: {
          t: '%START_TIME%',
          ip: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
          route: '%ROUTE_NAME%',
          sub: '%REQ(X-SUB)%',
          m: '%REQ(:METHOD)%',
          u: '%REQ(:PATH)%',
          st: '%RESPONSE_CODE%',
          B: '%BYTES_SENT%',
          ms: '%DURATION%',
          up_ms: '%RESPONSE_DURATION%',
          flags: '%RESPONSE_FLAGS%',
        },
      },
    }),
  }
}

function downstreamTls(folder: string): unknown {
  return {
    name: 'tls',
    typed_config: typed('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      common_tls_context: {
        alpn_protocols: ['h2', 'http/1.1'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
        tls_certificates: [
          {
            certificate_chain: { filename: `${folder}/c.pem` },
            private_key: { filename: `${folder}/k.pem` },
          },
        ],
      },
    }),
  }
}

function socketAddress(port: number): unknown {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}

function typed(type: string, fields: object): object {
  return { '@type': `type.googleapis.com/${type}`, ...fields }
}
