//! The settings of the contract: one struct, one table of variables, one check. Everything that reads the environment
//! or sets a field at run time goes through [`Config::set`], so that both refuse the same junk in the same words.

use std::collections::BTreeMap;

use serde_json::{json, Value};

use crate::cluster_id::ClusterId;
use crate::config_values::{bootstrap, digits, identifier, line};
use crate::error::{Error, ErrorClass, Result};

/// Where the brokers are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bootstrap {
    /// `host:port` addresses.
    Servers(Vec<String>),
    /// An in-process cluster (`embedded`, `embedded:3`, `embedded:1/17`).
    Embedded(ClusterId),
}

/// One variable of the table.
pub struct Field {
    /// Environment variable.
    pub variable: &'static str,
    /// Name of the property of `kafkaConfig`.
    pub name: &'static str,
    /// What is allowed, for messages.
    pub allowed: &'static str,
    pub secret: bool,
    /// Can be changed while clients run.
    pub live: bool,
}

const fn field(variable: &'static str, name: &'static str, allowed: &'static str, secret: bool, live: bool) -> Field {
    Field { variable, name, allowed, secret, live }
}

const PATH: &str = "the path of a readable PEM file";

/// Every variable, in the order of the documentation. `KAFKA_BROKER` comes after `KAFKA_BROKERS` and wins.
pub const FIELDS: &[Field] = &[
    field("KAFKA_BROKERS", "brokers", "host:port[,host:port…], embedded or embedded:N (1 to 9)", false, false),
    field("KAFKA_BROKER", "brokers", "host:port[,host:port…], embedded or embedded:N (1 to 9)", false, false),
    field("KAFKA_CLIENT_ID", "clientId", "1 to 249 printable characters", false, false),
    field("KAFKA_CONSUMER_GROUP", "consumerGroup", "1 to 249 printable characters", false, true),
    field("KAFKA_TIMEOUT", "timeout", "a whole number of ms from 100 to 3600000", false, true),
    field("KAFKA_RETRY_ATTEMPTS", "retryAttempts", "a whole number from 1 to 1000", false, true),
    field("KAFKA_BATCH_SIZE", "batchSize", "a whole number of bytes from 1 to 2147483647", false, false),
    field("KAFKA_COMPRESSION_TYPE", "compressionType", "none, gzip, snappy, lz4 or zstd", false, false),
    field("KAFKA_SECURITY_PROTOCOL", "securityProtocol", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL", false, false),
    field("KAFKA_SASL_MECHANISM", "saslMechanism", "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER", false, false),
    field("KAFKA_SASL_USERNAME", "saslUsername", "a text without line breaks", false, false),
    field("KAFKA_SASL_PASSWORD", "saslPassword", "a text without line breaks", true, false),
    field("KAFKA_SSL_CA_LOCATION", "sslCaLocation", PATH, false, false),
    field("KAFKA_SSL_CERTIFICATE_LOCATION", "sslCertificateLocation", PATH, false, false),
    field("KAFKA_SSL_KEY_LOCATION", "sslKeyLocation", PATH, false, false),
    field("KAFKA_SSL_KEY_PASSWORD", "sslKeyPassword", "a text without line breaks", true, false),
    field("KAFKA_LOG_LEVEL", "logLevel", "0 (nothing), 1 (error), 2 (warn), 3 (info) or 4 (debug)", false, true),
];

/// Settings of all clients. The defaults are the contract's; what is `None` is left to librdkafka.
#[derive(Clone, PartialEq, Eq)]
pub struct Config {
    pub bootstrap: Bootstrap,
    pub client_id: String,
    pub consumer_group: String,
    /// ms: the bound of every request, connect, admin call and shutdown.
    pub timeout_ms: u32,
    pub retry_attempts: u32,
    /// bytes, librdkafka `batch.size`.
    pub batch_size: Option<u32>,
    pub compression_type: String,
    pub security_protocol: String,
    pub sasl_mechanism: String,
    pub sasl_username: Option<String>,
    pub sasl_password: Option<String>,
    pub ssl_ca_location: Option<String>,
    pub ssl_certificate_location: Option<String>,
    pub ssl_key_location: Option<String>,
    pub ssl_key_password: Option<String>,
    pub log_level: u8,
    /// Any property of librdkafka; wins over everything above.
    pub librdkafka: BTreeMap<String, String>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            bootstrap: Bootstrap::Servers(vec!["localhost:29092".into()]),
            client_id: "edu-matrix-interlinked".into(),
            consumer_group: "edu-matrix-consumers".into(),
            timeout_ms: 30_000,
            retry_attempts: 8,
            batch_size: None,
            compression_type: "lz4".into(),
            security_protocol: "PLAINTEXT".into(),
            sasl_mechanism: "PLAIN".into(),
            sasl_username: None,
            sasl_password: None,
            ssl_ca_location: None,
            ssl_certificate_location: None,
            ssl_key_location: None,
            ssl_key_password: None,
            log_level: 2,
            librdkafka: BTreeMap::new(),
        }
    }
}

/// A word that replaces a secret wherever one would be shown.
pub const MASK: &str = "********";

impl Config {
    /// Reads the variables that are set; an empty one counts as not set.
    pub fn from_vars<'a>(lookup: impl Fn(&str) -> Option<String> + 'a) -> Result<Config> {
        let mut config = Config::default();
        for field in FIELDS {
            if let Some(value) = lookup(field.variable).filter(|value| !value.trim().is_empty()) {
                config.set_field(field, &value)?;
            }
        }
        Ok(config)
    }

    /// Sets one property of `kafkaConfig` by its name. `running`: a client exists that was built with the old value.
    pub fn set(&mut self, name: &str, value: &str, running: bool) -> Result<()> {
        let field = FIELDS
            .iter()
            .rev()
            .find(|field| field.name == name)
            .ok_or_else(|| Error::config(format!("kafkaConfig has no property '{name}'")))?;
        if running && !field.live {
            return Err(Self::not_live(name, field.variable));
        }
        self.set_field(field, value)
    }

    /// Back to the default, as if the variable were not set.
    pub fn reset(&mut self, name: &str, running: bool) -> Result<()> {
        let defaults = Config { librdkafka: self.librdkafka.clone(), ..Config::default() };
        let live = FIELDS.iter().find(|field| field.name == name).map(|field| field.live);
        match (live, name) {
            (None, _) => return Err(Error::config(format!("kafkaConfig has no property '{name}'"))),
            (Some(false), _) if running => return Err(Self::not_live(name, variable_of(name))),
            (_, "brokers") => self.bootstrap = defaults.bootstrap,
            (_, "clientId") => self.client_id = defaults.client_id,
            (_, "consumerGroup") => self.consumer_group = defaults.consumer_group,
            (_, "timeout") => self.timeout_ms = defaults.timeout_ms,
            (_, "retryAttempts") => self.retry_attempts = defaults.retry_attempts,
            (_, "batchSize") => self.batch_size = None,
            (_, "compressionType") => self.compression_type = defaults.compression_type,
            (_, "securityProtocol") => self.security_protocol = defaults.security_protocol,
            (_, "saslMechanism") => self.sasl_mechanism = defaults.sasl_mechanism,
            (_, "saslUsername") => self.sasl_username = None,
            (_, "saslPassword") => self.sasl_password = None,
            (_, "sslCaLocation") => self.ssl_ca_location = None,
            (_, "sslCertificateLocation") => self.ssl_certificate_location = None,
            (_, "sslKeyLocation") => self.ssl_key_location = None,
            (_, "sslKeyPassword") => self.ssl_key_password = None,
            (_, "logLevel") => self.log_level = defaults.log_level,
            (_, other) => unreachable!("'{other}' is not in the table of fields"),
        }
        Ok(())
    }

    /// The refusal to change what running clients were built with.
    pub fn not_live(name: &str, variable: &str) -> Error {
        let message = format!(
            "kafkaConfig.{name} cannot be changed while clients are connected: call cleanup() first, set it, then connect again"
        );
        Error::new(ErrorClass::KafkaConfigError, "CONFIG_NOT_LIVE", message)
            .details(json!({ "property": name, "variable": variable }))
    }

    fn set_field(&mut self, field: &Field, value: &str) -> Result<()> {
        let refuse = || {
            let shown = if field.secret { MASK.to_string() } else { shortened(value) };
            Error::config(format!("{}={shown:?} cannot be used: it must be {}", field.variable, field.allowed)).details(
                json!({ "variable": field.variable, "property": field.name, "value": shown, "allowed": field.allowed }),
            )
        };
        let checked = || line(value).ok_or_else(refuse);
        let number = |min: u32, max: u32| digits(value.trim()).filter(|n| (min..=max).contains(n)).ok_or_else(refuse);
        let one_of = |choices: &[&str]| {
            let wanted = value.trim();
            choices.iter().find(|c| c.eq_ignore_ascii_case(wanted)).map(|c| c.to_string()).ok_or_else(refuse)
        };
        let file = || {
            let path = line(value).ok_or_else(refuse)?;
            // To open a named pipe waits for whoever writes to it, and that on the thread of the application. A folder can
            // hold the certificates of authorities.
            let readable = std::fs::metadata(&path).is_ok_and(|what| what.is_file() || what.is_dir())
                && std::fs::File::open(&path).is_ok();
            readable.then_some(Some(path)).ok_or_else(refuse)
        };
        match field.name {
            "brokers" => self.bootstrap = bootstrap(value).ok_or_else(refuse)?,
            "clientId" => self.client_id = identifier(value).ok_or_else(refuse)?,
            "consumerGroup" => self.consumer_group = identifier(value).ok_or_else(refuse)?,
            "timeout" => self.timeout_ms = number(100, 3_600_000)?,
            "retryAttempts" => self.retry_attempts = number(1, 1000)?,
            "batchSize" => self.batch_size = Some(number(1, i32::MAX as u32)?),
            "compressionType" => self.compression_type = one_of(&["none", "gzip", "snappy", "lz4", "zstd"])?,
            "securityProtocol" => self.security_protocol = one_of(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])?,
            "saslMechanism" => {
                self.sasl_mechanism = one_of(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"])?
            }
            "saslUsername" => self.sasl_username = Some(checked()?),
            "saslPassword" => self.sasl_password = Some(checked()?),
            "sslCaLocation" => self.ssl_ca_location = file()?,
            "sslCertificateLocation" => self.ssl_certificate_location = file()?,
            "sslKeyLocation" => self.ssl_key_location = file()?,
            "sslKeyPassword" => self.ssl_key_password = Some(checked()?),
            "logLevel" => self.log_level = number(0, 4)? as u8,
            other => unreachable!("'{other}' is not in the table of fields"),
        }
        Ok(())
    }

    /// The value of one property of `kafkaConfig`, secrets included; `null` where unset.
    pub fn get(&self, name: &str) -> Value {
        match name {
            "brokers" => match &self.bootstrap {
                Bootstrap::Servers(servers) => json!(servers),
                Bootstrap::Embedded(id) => json!([id.to_string()]),
            },
            "clientId" => json!(self.client_id),
            "consumerGroup" => json!(self.consumer_group),
            "timeout" => json!(self.timeout_ms),
            "retryAttempts" => json!(self.retry_attempts),
            "batchSize" => json!(self.batch_size),
            "compressionType" => json!(self.compression_type),
            "securityProtocol" => json!(self.security_protocol),
            "saslMechanism" => json!(self.sasl_mechanism),
            "saslUsername" => json!(self.sasl_username),
            "saslPassword" => json!(self.sasl_password),
            "sslCaLocation" => json!(self.ssl_ca_location),
            "sslCertificateLocation" => json!(self.ssl_certificate_location),
            "sslKeyLocation" => json!(self.ssl_key_location),
            "sslKeyPassword" => json!(self.ssl_key_password),
            "logLevel" => json!(self.log_level),
            _ => Value::Null,
        }
    }

    /// Every value that must never be shown.
    pub fn secrets(&self) -> Vec<String> {
        let given = [&self.sasl_password, &self.ssl_key_password].into_iter().flatten().cloned();
        let passed = self.librdkafka.iter().filter(|(name, _)| is_secret_property(name)).map(|(_, v)| v.clone());
        given.chain(passed).filter(|secret| !secret.is_empty()).collect()
    }

    /// ms after which an unacknowledged publish is given up: four times the timeout (Kafka: `delivery.timeout.ms`).
    pub fn delivery_timeout_ms(&self) -> u32 {
        self.timeout_ms.saturating_mul(4)
    }
}

impl std::fmt::Debug for Config {
    /// Shows the table, secrets masked.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Config");
        for field in FIELDS.iter().skip(1) {
            let value = self.get(field.name);
            let hidden = field.secret && !value.is_null();
            shown.field(field.name, &if hidden { json!(MASK) } else { value });
        }
        shown.finish_non_exhaustive()
    }
}

/// Properties of librdkafka that carry a secret.
pub fn is_secret_property(name: &str) -> bool {
    name.contains("password")
        || name.contains("passphrase")
        || name.contains("secret")
        || name.ends_with(".pem")
        || name == "sasl.oauthbearer.config"
}

/// Enough of a value to recognize it in a message.
fn shortened(value: &str) -> String {
    const SHOWN: usize = 200;
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_string(),
    }
}

fn variable_of(name: &str) -> &'static str {
    FIELDS.iter().rev().find(|field| field.name == name).map_or("", |field| field.variable)
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
