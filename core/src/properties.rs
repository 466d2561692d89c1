//! Which librdkafka properties each client gets. What stands here differs from librdkafka's default for a reason;
//! everything else is left to it. `Config::librdkafka` wins over all of it.

pub use crate::client::Properties;

use crate::config::{Bootstrap, Config};
use crate::embedded;
use crate::error::{Error, Result};

fn put(properties: &mut Properties, name: &str, value: impl ToString) {
    properties.insert(name.to_string(), value.to_string());
}

fn put_some(properties: &mut Properties, name: &str, value: &Option<String>) {
    if let Some(value) = value {
        put(properties, name, value);
    }
}

fn common(config: &Config) -> Result<Properties> {
    let mut p = Properties::new();
    embedded::check(config)?;
    let servers = match &config.bootstrap {
        Bootstrap::Servers(servers) => servers.join(","),
        Bootstrap::Embedded(brokers) => {
            // It would make any topic that is merely named, with 4 partitions: a typing error must be an error.
            put(&mut p, "allow.auto.create.topics", false);
            embedded::cluster(*brokers)?.bootstrap_servers().to_string()
        }
    };
    put(&mut p, "bootstrap.servers", servers);
    put(&mut p, "client.id", &config.client_id);
    put(&mut p, "client.software.name", "kafka4");
    put(&mut p, "client.software.version", env!("CARGO_PKG_VERSION"));
    put(&mut p, "socket.timeout.ms", config.timeout_ms.clamp(1_000, 300_000));
    put(&mut p, "socket.connection.setup.timeout.ms", config.timeout_ms.clamp(1_000, 30_000));
    // Without it Nagle's algorithm delays small requests; librdkafka leaves it on.
    put(&mut p, "socket.nagle.disable", true);
    // The default of 10 s keeps clients away for seconds after the brokers are back.
    put(&mut p, "reconnect.backoff.max.ms", 1_000);
    // `broker.address.family` is left at both, in the order of the resolver: `localhost` is ::1 on some machines while Kafka
    // listens on 127.0.0.1.
    // Only the log tells why a broker hangs up (no SASL where it is wanted, a certificate that it refuses); what is no news in
    // it the log callback plays down (client.rs).
    put(&mut p, "log.connection.close", true);
    // Telemetry push (KIP-714) is for the brokers' operators; it costs a connection's round trips and must be asked for.
    put(&mut p, "enable.metrics.push", false);
    security(config, &mut p)?;
    Ok(p)
}

fn security(config: &Config, p: &mut Properties) -> Result<()> {
    put(p, "security.protocol", config.security_protocol.to_lowercase());
    if config.security_protocol.starts_with("SASL") {
        put(p, "sasl.mechanism", &config.sasl_mechanism);
        require_credentials(config)?;
        put_some(p, "sasl.username", &config.sasl_username);
        put_some(p, "sasl.password", &config.sasl_password);
    }
    if config.security_protocol.ends_with("SSL") {
        put_some(p, "ssl.ca.location", &config.ssl_ca_location);
        put_some(p, "ssl.certificate.location", &config.ssl_certificate_location);
        put_some(p, "ssl.key.location", &config.ssl_key_location);
        put_some(p, "ssl.key.password", &config.ssl_key_password);
    }
    Ok(())
}

/// librdkafka would refuse too, in terms of its own properties.
fn require_credentials(config: &Config) -> Result<()> {
    let given = |name: &str| config.librdkafka.contains_key(name);
    let missing = |value: &Option<String>, name: &str| value.is_none() && !given(name);
    let absent: Vec<&str> = [
        (missing(&config.sasl_username, "sasl.username"), "KAFKA_SASL_USERNAME"),
        (missing(&config.sasl_password, "sasl.password"), "KAFKA_SASL_PASSWORD"),
    ]
    .into_iter()
    .filter_map(|(missing, variable)| missing.then_some(variable))
    .collect();
    if absent.is_empty()
        || config.sasl_mechanism == "OAUTHBEARER"
        || given("sasl.mechanism")
        || given("sasl.mechanisms")
    {
        return Ok(());
    }
    let message = format!(
        "KAFKA_SECURITY_PROTOCOL={} with KAFKA_SASL_MECHANISM={} needs {}, which is not set",
        config.security_protocol,
        config.sasl_mechanism,
        absent.join(" and ")
    );
    Err(Error::config(message).details(serde_json::json!({ "variable": absent[0], "missing": absent })))
}

fn with_overrides(config: &Config, mut p: Properties, foreign: fn(&str) -> bool) -> Properties {
    for (name, value) in config.librdkafka.iter().filter(|(name, _)| !foreign(name)) {
        put(&mut p, name, value);
    }
    p
}

/// Properties that only a consumer has: giving them in `kafkaConfig.librdkafka` must not trouble the producer.
fn is_consumer_only(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "auto.offset.reset",
        "check.crcs",
        "enable.partition.eof",
        "heartbeat.interval.ms",
        "isolation.level",
        "max.poll.interval.ms",
        "partition.assignment.strategy",
        "session.timeout.ms",
        "fetch.min.bytes",
    ];
    NAMES.contains(&name)
        || ["group.", "fetch.", "queued.", "consume.", "auto.commit.", "enable.auto."]
            .iter()
            .any(|p| name.starts_with(p))
}

fn is_producer_only(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "acks",
        "request.required.acks",
        "batch.size",
        "batch.num.messages",
        "delivery.timeout.ms",
        "message.timeout.ms",
        "request.timeout.ms",
        "linger.ms",
        "partitioner",
        "retries",
        "message.send.max.retries",
        "enable.idempotence",
        "enable.gapless.guarantee",
        "sticky.partitioning.linger.ms",
        "delivery.report.only.error",
    ];
    NAMES.contains(&name) || ["transaction", "queue.buffering.", "compression."].iter().any(|p| name.starts_with(p))
}

/// A producer: idempotent, acks=all, no linger.
pub fn producer(config: &Config) -> Result<Properties> {
    if config.librdkafka.contains_key("transactional.id") {
        // It would make a transactional producer of the plain one, whose publishes are all refused.
        let message = "transactional.id is no property of kafkaConfig.librdkafka: give it to setTransactionalId()";
        return Err(Error::config(message).details(serde_json::json!({ "property": "transactional.id" })));
    }
    let mut p = common(config)?;
    put(&mut p, "enable.idempotence", true);
    put(&mut p, "acks", "all");
    // Awaited sends are answered soonest without linger; batches still form while earlier ones are in flight.
    put(&mut p, "linger.ms", 0);
    // librdkafka's default is twice the linger: with 0 every keyless message would go to another partition.
    put(&mut p, "sticky.partitioning.linger.ms", 10);
    put(&mut p, "partitioner", "murmur2_random");
    put(&mut p, "compression.type", &config.compression_type);
    put(&mut p, "request.timeout.ms", config.timeout_ms.clamp(1_000, 900_000));
    put(&mut p, "delivery.timeout.ms", config.delivery_timeout_ms());
    put(&mut p, "queue.buffering.max.messages", 500_000);
    // A topic that does not exist is told after this long instead of 30 s.
    put(&mut p, "topic.metadata.propagation.max.ms", 5_000);
    if let Some(size) = config.batch_size {
        put(&mut p, "batch.size", size);
    }
    Ok(with_overrides(config, p, is_consumer_only))
}

/// The producer of transactions. `transaction.timeout.ms` bounds how long a dead one can block readers.
pub fn transactional(config: &Config, transactional_id: &str) -> Result<Properties> {
    let mut p = producer(config)?;
    put(&mut p, "transactional.id", transactional_id);
    let timeout = config.timeout_ms.clamp(1_000, 900_000);
    let whole = p.entry("transaction.timeout.ms".into()).or_insert(timeout.to_string()).clone();
    // librdkafka refuses a delivery that may outlive its transaction.
    let given = ["delivery.timeout.ms", "message.timeout.ms"];
    let given = given.iter().find_map(|name| config.librdkafka.get(*name)?.parse::<u32>().ok());
    let bound = given.unwrap_or(timeout).min(whole.parse().unwrap_or(u32::MAX));
    p.remove("message.timeout.ms");
    put(&mut p, "delivery.timeout.ms", bound);
    Ok(p)
}

/// Whether groups use the protocol of KIP-848 (`group.protocol=consumer`): where it was asked for, and on the embedded
/// broker, which takes the session timeout minus 1 s for every rebalance of the classic one (rdkafka_mock_cgrp.c) and
/// 0.2 s for one of these. Properties that only the classic protocol has choose that one.
fn new_group_protocol(config: &Config) -> bool {
    const CLASSIC: &[&str] =
        &["partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"];
    match config.librdkafka.get("group.protocol") {
        Some(protocol) => protocol == "consumer",
        None => {
            let classic = CLASSIC.iter().any(|name| config.librdkafka.contains_key(*name));
            matches!(config.bootstrap, Bootstrap::Embedded(_)) && !classic
        }
    }
}

/// A member of a group. Offsets are stored by the core after the handler, committed by librdkafka every second.
pub fn consumer(config: &Config, group_id: &str) -> Result<Properties> {
    let mut p = common(config)?;
    put(&mut p, "group.id", group_id);
    put(&mut p, "enable.auto.commit", true);
    put(&mut p, "auto.commit.interval.ms", 1_000);
    put(&mut p, "enable.auto.offset.store", false);
    // A frozen coordinator, and the frozen leader of a partition, are known by a request that is not answered. With more
    // than half of a session (below) the member loses its partitions first, and with them what it could not commit.
    // What may take longer (JoinGroup) has a limit of its own in librdkafka.
    put(&mut p, "socket.timeout.ms", config.timeout_ms.clamp(1_000, 10_000));
    // A group that is new reads what is there: an event that was published before its first consumer is not lost.
    put(&mut p, "auto.offset.reset", "earliest");
    if matches!(config.bootstrap, Bootstrap::Embedded(_)) {
        // The mock answers a fetch that found nothing only when its wait is over, also if a message comes meanwhile.
        put(&mut p, "fetch.wait.max.ms", 10);
    }
    if new_group_protocol(config) {
        put(&mut p, "group.protocol", "consumer");
    } else {
        // Incremental: starting, stopping or losing one topic or member leaves the other partitions running.
        put(&mut p, "partition.assignment.strategy", "cooperative-sticky");
        // The default of 45 s lets a member that was killed hold its partitions for longer than KAFKA_TIMEOUT. 10 s would be
        // over before a coordinator that was killed is replaced (the brokers' own session, 9 s, and an election): everybody
        // would lose its partitions. Heartbeats come from librdkafka's own thread, however busy the application is.
        put(&mut p, "session.timeout.ms", 20_000);
        // A member learns of a rebalance with its next heartbeat, and everybody waits for the last one to learn of it: those
        // who join, and those who leave meanwhile (their request waits behind their own JoinGroup). The default is 3 s.
        put(&mut p, "heartbeat.interval.ms", 1_000);
    }
    // The default of 1 s makes a partition whose queue was full stand still for a second.
    put(&mut p, "fetch.queue.backoff.ms", 5);
    put(&mut p, "fetch.error.backoff.ms", 100);
    // Bytes as fetched, which are compressed: of data that compresses a hundredfold the default of 1 MiB a partition
    // becomes a hundred MiB at once.
    put(&mut p, "fetch.message.max.bytes", 128 * 1024);
    // Each partition has a queue of its own, so these bounds count per partition.
    put(&mut p, "queued.min.messages", 20_000);
    put(&mut p, "queued.max.messages.kbytes", 8_192);
    Ok(with_overrides(config, p, is_producer_only))
}

/// A client for administration and health: no group, no production.
pub fn admin(config: &Config) -> Result<Properties> {
    let mut p = common(config)?;
    // Asking for a topic must not make it.
    put(&mut p, "allow.auto.create.topics", false);
    Ok(with_overrides(config, p, |name| is_consumer_only(name) || is_producer_only(name)))
}
