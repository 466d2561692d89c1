use super::*;

fn with(pairs: &[(&str, &str)]) -> Result<Config> {
    Config::from_vars(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_string()))
}

#[test]
fn defaults_are_the_contracts() {
    let config = with(&[]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(config.bootstrap, Bootstrap::Servers(vec!["localhost:29092".into()]));
    assert_eq!(config.delivery_timeout_ms(), 120_000);
}

#[test]
fn broker_lists() {
    let servers = |text| match with(&[("KAFKA_BROKER", text)]) {
        Ok(Config { bootstrap: Bootstrap::Servers(servers), .. }) => Some(servers),
        _ => None,
    };
    assert_eq!(servers("a:1, b:2,a:1").unwrap(), ["a:1", "b:2"]);
    assert_eq!(servers("[::1]:9092").unwrap(), ["[::1]:9092"]);
    assert_eq!(servers("kafka").unwrap(), ["kafka"]);
    for junk in ["host:99999", ":9092", "a:0", "a:+1", "a,,b", "a b:1", "a:1\nb:2", "http://a:1", "[::1", "[zz]:1"] {
        assert_eq!(servers(junk), None, "{junk:?}");
    }
    assert_eq!(with(&[("KAFKA_BROKER", "embedded:3")]).unwrap().bootstrap, Bootstrap::Embedded(3.into()));
    for junk in ["embedded:0", "embedded:+3", "embedded:", "embedded:x", "embedded,a:1", "a:1,embedded:3"] {
        assert!(with(&[("KAFKA_BROKER", junk)]).is_err(), "{junk}");
    }
    assert_eq!(servers("embedded-kafka.internal:9092").unwrap(), ["embedded-kafka.internal:9092"]);
    assert!(with(&[("KAFKA_TIMEOUT", "+5000")]).is_err());
    assert_eq!(servers("   ").unwrap(), ["localhost:29092"]);
    let both = with(&[("KAFKA_BROKERS", "x:1,y:1"), ("KAFKA_BROKER", "z:1")]).unwrap();
    assert_eq!(both.bootstrap, Bootstrap::Servers(vec!["z:1".into()]));
}

#[test]
fn junk_names_the_variable_the_value_and_what_is_allowed() {
    for (variable, value) in [
        ("KAFKA_TIMEOUT", "soon"),
        ("KAFKA_TIMEOUT", "-1"),
        ("KAFKA_TIMEOUT", "1e9"),
        ("KAFKA_RETRY_ATTEMPTS", "0"),
        ("KAFKA_BATCH_SIZE", "1.5"),
        ("KAFKA_COMPRESSION_TYPE", "brotli"),
        ("KAFKA_SECURITY_PROTOCOL", "TLS"),
        ("KAFKA_SASL_MECHANISM", "GSSAPI"),
        ("KAFKA_LOG_LEVEL", "5"),
        ("KAFKA_SSL_CA_LOCATION", "/nowhere/ca.pem"),
        ("KAFKA_CLIENT_ID", "a\u{7}b"),
    ] {
        let error = with(&[(variable, value)]).unwrap_err();
        assert_eq!(error.code, "ERR_KAFKA_CONFIG_INVALID");
        assert!(error.message.contains(variable), "{error}");
        assert_eq!(error.details.as_ref().unwrap()["value"], value);
        assert!(error.message.contains("must be"), "{error}");
    }
}

#[test]
fn secrets_are_masked() {
    let error = with(&[("KAFKA_SASL_PASSWORD", "s3cret\nx")]).unwrap_err();
    assert!(!error.to_string().contains("s3cret"));
    let config = with(&[("KAFKA_SASL_PASSWORD", "s3cret")]).unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
    assert_eq!(config.secrets(), ["s3cret"]);
}

#[test]
fn fields_change_at_run_time_where_that_is_possible() {
    let mut config = Config::default();
    config.set("logLevel", "4", true).unwrap();
    assert_eq!(config.log_level, 4);
    let error = config.set("brokers", "a:1", true).unwrap_err();
    assert_eq!(error.code, "ERR_KAFKA_CONFIG_NOT_LIVE");
    config.set("brokers", "a:1", false).unwrap();
    assert_eq!(config.get("brokers"), serde_json::json!(["a:1"]));
    assert!(config.set("nonsense", "1", false).is_err());
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_no_pem_file_and_is_not_waited_for() {
    let pipe = std::env::temp_dir().join(format!("kafka4-pipe-{}", std::process::id()));
    let pipe = pipe.to_str().unwrap();
    let name = std::ffi::CString::new(pipe).unwrap();
    // SAFETY: a text that ends with a NUL.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let refused = [pipe, "/dev/null", "/dev/zero"].map(|path| with(&[("KAFKA_SSL_CA_LOCATION", path)]).is_err());
    std::fs::remove_file(pipe).unwrap();
    assert_eq!(refused, [true; 3]);
    assert!(with(&[("KAFKA_SSL_CA_LOCATION", std::env::temp_dir().to_str().unwrap())]).is_ok(), "a folder can be one");
}
