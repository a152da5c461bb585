//! The random part of schema-addressed paths.

use crate::{Error, ErrorKind, Result};

/// The characters of tokens, in DataJoint's order.
pub const TOKEN_ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A random token of `length` characters of [`TOKEN_ALPHABET`]; a length below 4 becomes 4, one over 16 becomes 16.
///
/// # Errors
/// Where the system has no random numbers to give.
///
/// ```
/// use dj_codec_api::layout::generate_token;
///
/// assert_eq!(generate_token(8)?.len(), 8);
/// assert_eq!(generate_token(100)?.len(), 16);
/// # Ok::<(), dj_codec_api::Error>(())
/// ```
pub fn generate_token(length: i64) -> Result<String> {
    // `clamp` leaves 4 to 16, so the cast is exact.
    let mut random = vec![0_u8; length.clamp(4, 16) as usize];
    getrandom::fill(&mut random).map_err(|error| {
        Error::new(
            ErrorKind::Unsupported,
            "the system gives no random numbers for a token",
        )
        .caused_by(error)
    })?;
    // 64 characters divide the 256 values of a byte, so each is as likely as every other.
    Ok(random
        .iter()
        .filter_map(|byte| TOKEN_ALPHABET.as_bytes().get(usize::from(byte & 63)))
        .map(|&byte| char::from(byte))
        .collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_differ_and_use_the_whole_alphabet() {
        let tokens: HashSet<String> = (0..500).map(|_| generate_token(16).unwrap()).collect();
        assert_eq!(tokens.len(), 500);
        let used: HashSet<char> = tokens.iter().flat_map(|token| token.chars()).collect();
        assert_eq!(used, TOKEN_ALPHABET.chars().collect());
    }
}
