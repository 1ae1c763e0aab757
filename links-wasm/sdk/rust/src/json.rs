//! JSON text to types and back, with the host's error type.

use crate::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads JSON text as `T`. Fails with `bad-json` if it is not JSON, and with `wrong-type` if it
/// does not fit.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| match error.is_data() {
        true => Error::WrongType(error.to_string()),
        false => Error::BadJson(error.to_string()),
    })
}

/// Writes a value as JSON text.
pub fn write<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::BadJson(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_the_wrong_type_is_distinguished_from_bad_json() {
        assert!(matches!(read::<u8>("\"a\""), Err(Error::WrongType(_))));
        assert!(matches!(read::<Vec<u8>>("[1"), Err(Error::BadJson(_))));
        assert_eq!(read::<Vec<u8>>("[1]").unwrap(), [1]);
    }
}
