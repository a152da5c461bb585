//! What the errors of stores mean, for who has to put them right.

use dj_codecs::api::{Error, ErrorKind};

/// Words that servers, certificates and networks use, and what they come to. The first that fits is taken.
const WORDS: [(&[&str], &str); 8] = [
    (
        &[
            "SignatureDoesNotMatch",
            "InvalidAccessKeyId",
            "AuthenticationFailed",
            "InvalidClientTokenId",
        ],
        "the server does not accept the credentials: they are wrong, or of another account",
    ),
    (
        &["ExpiredToken", "TokenRefreshRequired"],
        "the credentials have expired; get new ones",
    ),
    (
        &["NoSuchBucket", "ContainerNotFound", "bucket does not exist"],
        "there is no such bucket at this endpoint; make it, or correct its name",
    ),
    (
        &["Connection refused"],
        "nothing answers at the endpoint; is the server running, and are host, port and secure right?",
    ),
    (
        &["dns error", "failed to lookup address"],
        "the endpoint's name is not known; is it spelled right, and is there a network?",
    ),
    (
        &["certificate", "InvalidContentType", "wrong version number"],
        "the endpoint's certificate is not trusted, or it does not speak https; see the setting secure",
    ),
    (
        &["timed out", "operation timed out"],
        "the endpoint does not answer in time; is a firewall or a proxy between?",
    ),
    (
        &["No space left on device", "Disk quota exceeded"],
        "the disk is full, or the quota is used up",
    ),
];

/// What an error of a store means; nothing where the error says it well enough itself.
pub(super) fn of(error: &Error) -> Option<&'static str> {
    let report = error.report();
    let told = WORDS
        .iter()
        .find(|(words, _)| words.iter().any(|word| report.contains(word)));
    told.map(|(_, meaning)| *meaning).or(match error.kind() {
        ErrorKind::PermissionDenied => {
            Some("whoever runs this, or whose credentials these are, is not allowed to do that here")
        }
        _ => None,
    })
}

/// The error with what it means.
pub(super) fn explained(error: &Error) -> String {
    match of(error) {
        Some(meaning) => format!("{meaning} ({})", error.report()),
        None => error.report(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_count_as_well_as_messages() {
        let error = Error::store("the store cannot be listed")
            .caused_by("tcp connect error: Connection refused (os error 111)");
        assert!(explained(&error).starts_with("nothing answers at the endpoint"));
        assert!(explained(&error).contains("the store cannot be listed"));
        let error = Error::new(ErrorKind::PermissionDenied, "no").caused_by("403: SignatureDoesNotMatch");
        assert!(of(&error).is_some_and(|meaning| meaning.contains("does not accept the credentials")));
        assert!(
            of(&Error::new(ErrorKind::PermissionDenied, "no"))
                .is_some_and(|meaning| meaning.contains("not allowed"))
        );
        assert_eq!(explained(&Error::store("odd")), "odd");
    }
}
