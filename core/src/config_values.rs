//! What the texts of the settings may be; `None` where one is not.

use crate::cluster_id::ClusterId;
use crate::config::Bootstrap;

/// A value of one line: a line break could smuggle in another property, a NUL would cut it short.
pub fn line(value: &str) -> Option<String> {
    (!value.contains(['\n', '\r', '\0'])).then(|| value.to_string())
}

/// A whole number of digits alone: `parse` would also take a sign.
pub fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A name for people and logs: no control characters, at most 249 of them.
pub fn identifier(value: &str) -> Option<String> {
    let value = value.trim();
    let fits = !value.is_empty() && value.chars().count() <= 249 && !value.chars().any(char::is_control);
    fits.then(|| value.to_string())
}

/// Addresses, or `embedded[:brokers[/own]]`.
pub fn bootstrap(value: &str) -> Option<Bootstrap> {
    let value = line(value)?;
    let value = value.trim();
    if value == "embedded" || value.starts_with("embedded:") {
        return ClusterId::parse(value).map(Bootstrap::Embedded);
    }
    let mut servers: Vec<String> = Vec::new();
    for part in value.split(',') {
        let server = part.trim();
        // The reserved word stands alone: mixed with addresses it would be taken for a host.
        let reserved = server == "embedded" || server.strip_prefix("embedded:").is_some();
        (is_address(server) && !reserved).then_some(())?;
        if !servers.iter().any(|known| known == server) {
            servers.push(server.to_string());
        }
    }
    Some(Bootstrap::Servers(servers))
}

/// `host`, `host:port`, `[v6]:port`; the port defaults to 9092 in librdkafka.
fn is_address(server: &str) -> bool {
    let (host, port) = match server.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, tail)) => match (host.parse::<std::net::Ipv6Addr>(), tail.strip_prefix(':')) {
                (Ok(_), port) if port.is_some() || tail.is_empty() => (host, port),
                _ => return false,
            },
            None => return false,
        },
        None => match server.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (server, None),
        },
    };
    let named = !host.is_empty()
        && host.len() <= 253
        && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '%'));
    named && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0) && !port.starts_with('+'))
}
