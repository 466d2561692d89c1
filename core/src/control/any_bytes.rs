//! What must hold whatever a broker answers to the question for its version (see crate::any_bytes).

use super::versions;

/// An answer is understood, with releases that exist, or it is none.
pub fn api_versions(data: &[u8]) {
    let Some(versions) = versions::parse(data) else { return };
    for release in [versions.supported, versions.finalized].into_iter().flatten() {
        let parts: Vec<&str> = release.trim_end_matches('+').split('.').collect();
        assert!(parts.len() == 2 && parts.iter().all(|part| part.parse::<u8>().is_ok()), "{release}");
    }
}

#[cfg(test)]
mod tests {
    use crate::any_bytes::tests::over;

    #[test]
    fn answers_of_any_bytes() {
        over("api_versions", 500_000, super::api_versions);
    }
}
