//! What must hold whatever comes down as slab and index, and whatever librdkafka's statistics say (see crate::any_bytes).

use crate::any_bytes::Input;
use crate::records::{Headers, STRIDE};

use super::delivery::Retries;
use super::intake;

/// Topics that the table is taken to have.
const TOPICS: usize = 4;

/// A number of records, their index entries, a number of sends, their pairs; what is left is the slab.
pub fn slab(data: &[u8]) {
    let mut input = Input(data);
    let records = usize::from(input.byte() % 9);
    let cut = usize::from(input.byte() % 9);
    let index = input.ints((records * STRIDE).saturating_sub(cut % STRIDE));
    let count = usize::from(input.byte() % 5);
    let sends = input.ints(count * 2);
    let slab = input.0;
    let mut items = Vec::new();
    let Ok(bytes) = intake::check(slab, &index, &sends, TOPICS, &mut items) else { return };
    assert_eq!(items.len(), index.len() / STRIDE, "every record is there");
    let mut sum = 0;
    for item in &items {
        assert!((item.topic as usize) < TOPICS && item.timestamp >= 0);
        // What is copied to wait is one piece of the slab.
        let piece = &slab[item.at..item.at + item.len()];
        let parts = [item.key(slab).unwrap_or(&[]), item.value(slab).unwrap_or(&[]), item.headers(slab)].concat();
        assert_eq!(piece, parts, "key, value and headers lie without gaps");
        assert!(Headers::new(item.headers(slab)).all(|header| header.is_ok()), "headers were checked");
        sum += item.len() as u64;
    }
    assert_eq!(bytes, sum);
}

/// Statistics, cut into several: retries are counted once, and never more than was transmitted.
pub fn statistics(data: &[u8]) {
    let mut retries = Retries::default();
    let mut total = 0u64;
    for (n, text) in data.split(|byte| *byte == 0).enumerate() {
        total = total.checked_add(retries.more(text, n as u64)).expect("no more than was transmitted");
    }
}

#[cfg(test)]
mod tests {
    use crate::any_bytes::tests::over;

    #[test]
    fn slabs_of_any_bytes() {
        over("slab", 500_000, super::slab);
    }

    #[test]
    fn delivery_statistics_of_any_bytes() {
        over("delivery_statistics", 300_000, super::statistics);
    }
}
