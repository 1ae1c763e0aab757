//! Help on environment variables, at the end of `vconduit serve --help`. Lines fit 100 columns:
//! longer ones would be wrapped.

/// All variables of a server. Names are those of the vCon Conserver where it has the same variable.
pub(super) const ENVIRONMENT: &str = "\
Environment variables, with their [defaults]. An empty variable counts as not set.

Store:
  REDIS_URL                      Redis for the working store. Not set: an embedded store, in one
                                 file under VCONDUIT_DATA_DIR
  VCONDUIT_REDISJSON             documents as RedisJSON values: never, auto or always [never]
  VCONDUIT_REDIS_WAIT            replicas:ms that confirm what is acknowledged, as in 1:500
  VCONDUIT_REQUIRE_DURABLE       do not start on a Redis that can lose vCons [false]
  VCONDUIT_DATA_DIR              folder of the embedded store and the compile cache [./data]
  VCONDUIT_COMPILE_CACHE_DIR     folder of the compile cache [compiled, under VCONDUIT_DATA_DIR]
  VCON_SORTED_SET_NAME           name of the index that lists all vCons [vcons]
  VCON_STORAGE_FALLBACK_ENABLED  read vCons that expired in the store from the storages [true]
  CONSERVER_PARALLEL_STORAGE     save a vCon to several storages at once [true]

Lifetimes in seconds:
  VCON_REDIS_EXPIRY              of a vCon in the store, after its last run [3600]
  VCON_INDEX_EXPIRY              of a party index [86400]
  VCON_CONTEXT_EXPIRY            of a trace context [86400]
  VCON_DLQ_EXPIRY                of a dead letter; 0 keeps the lifetime that the vCon has [604800]
  VCONDUIT_TRAIL_EXPIRY          of the record of what runs did with a vCon; 0: no record [3600]

Keys:
  CONSERVER_API_TOKEN            an API key
  CONSERVER_API_TOKEN_FILE       file with API keys, one a line. Without any key all routes are open
  CONSERVER_HEADER_NAME          header that carries the API key [x-conserver-api-token]
  VCONDUIT_ADMIN_TOKEN           a key of the admin API
  VCONDUIT_ADMIN_TOKEN_FILE      file with keys of the admin API, one `name:key` a line. Without
                                 any key the admin API is open on a loopback address if there is
                                 no API key either, and else closed
  VCONDUIT_SECRET_<NAME>         a secret for links
  VCONDUIT_SECRETS_DIR           folder with secrets for links, one file each, with mode 0600

REST API:
  API_ROOT_PATH                  prefix under which all routes are served as well [/api]
  VCONDUIT_MAX_BODY_BYTES        largest request body, in bytes [67108864]
  VCONDUIT_ADMIT_MEMORY_PERCENT  of Redis' memory, above which new vCons get 503 [80]
  VCONDUIT_ADMIT_DEPTH           new vCons for a longer list get 503; 0: never [0]
  EGRESS_FORMAT_VERSION          0.0.1 sends vCons in that older format [as stored]
  VCON_SERVER_VERSION            version in the response of /version [dev]
  VCON_SERVER_GIT_COMMIT         commit in the response of /version [unknown]
  VCON_SERVER_BUILD_TIME         build time in the response of /version [unknown]

Worker:
  CONSERVER_VCON_CONCURRENCY     vCons processed at once, for each of the CONSERVER_WORKERS
  CONSERVER_WORKERS              factor for CONSERVER_VCON_CONCURRENCY. If neither is set, 64 vCons
                                 are processed at once
  VCONDUIT_LEASE_MS              time in ms after which an unrenewed claim is lost [30000]
  VCONDUIT_DRAIN_MS              longest wait for active runs at a stop, in ms [25000]
  VCONDUIT_STORAGE_RETRY_S       seconds after which dead letters of storages are saved again. It
                                 doubles up to an hour while a storage fails; 0: never [60]

OCI registries:
  VCONDUIT_OCI_REGISTRY          host:port of the registry that the credentials are for; no other
                                 registry receives them
  VCONDUIT_OCI_USER              user name
  VCONDUIT_OCI_PASSWORD          password or token
  VCONDUIT_OCI_INSECURE          registries to use without TLS, separated by commas

Logs:
  VCONDUIT_LOG_FORMAT            json or pretty [pretty on a terminal, else json]
  RUST_LOG                       filter for log lines [warn,vconduit=info]";

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::ENVIRONMENT;
    use vconduit_config::Settings;
    use vconduit_oci::OciSettings;

    #[test]
    fn the_help_lists_every_variable_that_a_server_reads() {
        let read = RefCell::new(BTreeSet::new());
        let get = |name: &str| {
            read.borrow_mut().insert(name.to_owned());
            None
        };
        Settings::from_env(&get).unwrap();
        OciSettings::from_env(&get, &|_| None).unwrap();
        // The argument --config names it.
        read.borrow_mut().remove("CONSERVER_CONFIG_FILE");
        let missing: Vec<_> = read
            .take()
            .into_iter()
            .filter(|name| !ENVIRONMENT.contains(&format!("  {name} ")))
            .collect();
        assert!(missing.is_empty(), "not in the help: {missing:?}");
    }

    #[test]
    fn no_line_is_so_long_that_it_would_be_wrapped() {
        for line in ENVIRONMENT.lines() {
            assert!(line.chars().count() <= 100, "too long: {line}");
        }
    }
}
