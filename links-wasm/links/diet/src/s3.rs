//! Stores a body in an S3 bucket and returns a URL that is valid for a limited time.

use crate::Options;
use crate::sigv4::{self, Credentials, Object};
use serde_json::Value;
use vcon_link::prelude::*;
use vcon_link::{clock, http, random, secrets};

/// Time until the upload has to begin, in seconds.
const UPLOAD_SECONDS: u64 = 900;
const LINK_SECONDS: u64 = 3600;

/// Stores the body. Returns `None` if the bucket refuses it, and a failure if the configuration is
/// at fault.
pub fn store(options: &Options, vcon_id: &str, dialog_id: &str, body: &Value) -> Result<Option<String>, Failure> {
    let Some(text) = body.as_str() else {
        warn!("a dialog body is not text, is not stored and is removed");
        return Ok(None);
    };
    let credentials = Credentials {
        id: secrets::resolve(&options.aws_access_key_id)?,
        key: secrets::resolve(&options.aws_secret_access_key)?,
    };
    let key = object_key(&options.s3_path, vcon_id, dialog_id, &random::uuid());
    let object = Object {
        bucket: &options.s3_bucket,
        region: &options.aws_region,
        key: &key,
    };
    let seconds = clock::now().as_secs();
    let upload = sigv4::presigned("PUT", &object, &credentials, seconds, UPLOAD_SECONDS);
    let answer = http::put(&upload)
        .content_type("text/plain")
        .body(text)
        .timeout(clock::remaining())
        .send();
    match answer {
        Ok(answer) if answer.is_success() => {
            let valid = options.presigned_url_expiration.unwrap_or(LINK_SECONDS);
            Ok(Some(sigv4::presigned("GET", &object, &credentials, seconds, valid)))
        }
        Ok(answer) => Ok(failed(&format!("status {}", answer.status()))),
        Err(error @ (http::Error::Denied(_) | http::Error::BadRequest(_))) => Err(error.into()),
        Err(error) => Ok(failed(&error.to_string())),
    }
}

fn failed(reason: &str) -> Option<String> {
    warn!("a dialog body could not be stored and is removed: {reason}");
    None
}

/// Returns the key `[{path}/]{vCon id}/{dialog id}_{unique}.txt`.
fn object_key(path: &str, vcon_id: &str, dialog_id: &str, unique: &str) -> String {
    let directory = match path.trim_end_matches('/') {
        "" => vcon_id.to_owned(),
        path => format!("{path}/{vcon_id}"),
    };
    match dialog_id {
        "" => format!("{directory}/{unique}.txt"),
        dialog_id => format!("{directory}/{dialog_id}_{unique}.txt"),
    }
}

#[cfg(test)]
mod tests {
    use super::object_key;

    #[test]
    fn path_and_dialog_id_may_be_missing() {
        assert_eq!(object_key("", "v", "d", "u"), "v/d_u.txt");
        assert_eq!(object_key("a/b", "v", "", "u"), "a/b/v/u.txt");
    }
}
