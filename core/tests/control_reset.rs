//! The end of the embedded broker's life. A file, and so a process, of its own: it takes the clusters away from everybody.

use std::sync::Arc;

use kafka4_core::config::{Bootstrap, Config};
use kafka4_core::control::Admin;
use kafka4_core::embedded;
use kafka4_core::runtime::Deadline;
use kafka4_core::topics::TopicSpec;

fn soon() -> Deadline {
    Deadline::after_ms(10_000)
}

#[test]
fn a_reset_gives_an_empty_cluster_to_the_next_client() {
    let config = Config { bootstrap: Bootstrap::Embedded(2.into()), ..Config::default() };
    let open = || Admin::open(&config, Default::default(), Default::default()).unwrap();
    let before = open();
    let spec = TopicSpec { name: "gone".into(), partitions: 1, retention_ms: -1 };
    before.ensure_topics(&[spec], soon()).unwrap();
    let old = embedded::cluster(2).unwrap();

    embedded::reset();
    let new = embedded::cluster(2).unwrap();
    assert!(!Arc::ptr_eq(&old, &new));
    assert_eq!(open().list_topics(soon()).unwrap(), Vec::<String>::new());
    // Clients keep the cluster they were opened on for as long as they live.
    assert_eq!(before.list_topics(soon()).unwrap(), ["gone"]);

    let address = old.bootstrap_servers().split(',').next().unwrap().to_string();
    assert!(before.close(soon()));
    drop((before, old));
    assert!(std::net::TcpStream::connect(address).is_err(), "the old cluster still listens");
}
