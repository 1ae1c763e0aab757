//! Verification of signatures that minisign 0.11 made.

use super::*;

const BYTES: &[u8] = b"component bytes";
const KEY_A: &str = "RWQvKE5RjEYqp27ydU81Sz0VhrLAJMPrjal3utZHmHztjZpBtgUcDWHS";
const KEY_B: &str = "RWTF64hAnd/4rJ8alK0DqipRUfFGm7bbndMqFnfa9GhfIX2jqA5UtHnG";

/// minisign shows the id of this key as E06143EAE626D74.
const KEY_ZERO: &str = "RWR0bWKuPhQGDoQHKKvheQM5W4/zHbRD4WWs2/9SwKn/nkt5+9U8pNiH";

const PREHASHED_BY_ZERO: &str = "untrusted comment: signature from minisign secret key
RUR0bWKuPhQGDqAdcu6YNmDkGEmg4Phveovjq06lX47qWd3wBgIWTEmVVSyIyqbbeP16EgSmg43LiKnBDiIYGNvMsen1iQ0pgQo=
trusted comment: trusted
0I5mHa3X/1x+ji2bWYgq2oW/cH9LZnSgElKU1SvzG6vASBuj39jUMPShvxoRErk7k7BL/e1uxd13ch7RSyb5Bw==
";
const PREHASHED_BY_A: &str = "untrusted comment: untrusted comment: t
RUQvKE5RjEYqp4bGsVTd6acyDXVfcivzgvk59EI9h7ouxPtTq9kjuctwaBpktKpoggWWTbvOETODAZmFr+YmueNuA/VTI0fLzw8=
trusted comment: trusted
glzXejjOiEAIc9ahDT0As/VOlmwUAwDP7S9q+8Q2W3JKTS8gkzxDO5eU8PiOeAUy45I9BXGZKAlDPT3SmKXLAA==
";
const LEGACY_BY_A: &str = "untrusted comment: signature from minisign secret key
RWQvKE5RjEYqp6+B8yvyGNvekAR4eQaCrGa6ILKY43HooegUHFNi/LslUVh5B1feXWOgmQFYDARa+IZsKez61PO9/9b7c6pcuA0=
trusted comment: trusted
nj4Jx2sbztZwlIgyA/QK3trzyDEqfAEGxrYndTNlP1gDI9yMSzasy4GeSk9A1+LqcSv6XK644cs396fylEyADA==
";
const PREHASHED_BY_B: &str = "untrusted comment: signature from minisign secret key
RUTF64hAnd/4rB5NJkdwO6gXElJqEXKCf+rDboxTfq1DQ2SU/j7mnqHMJAER7CBGm/AsweHqh9nz6XUFSNoBeeh+thkfsSJdyg0=
trusted comment: trusted
EEgVazuGx+K1wgZveKzc+SgHyqFdkU9Lv7G8tBcNVXOu2l+PKrZdvTKiqM+UJxw7mstR31M4ePf/F+rNck5zCg==
";

fn key(text: &str) -> SigningKey {
    SigningKey::parse(text).unwrap()
}

fn requiring(keys: &[&str]) -> Signing {
    Signing {
        require: true,
        keys: keys.iter().map(|text| key(text)).collect(),
    }
}

#[test]
fn a_key_has_the_id_that_minisign_shows() {
    assert_eq!(key(KEY_A).id().to_string(), "A72A468C514E282F");
    let file = format!("untrusted comment: minisign public key A72A468C514E282F\n{KEY_A}\n");
    assert_eq!(key(&file), key(KEY_A));
}

#[test]
fn a_key_id_is_the_same_with_and_without_its_leading_zeros() {
    let zero = key(KEY_ZERO);
    assert_eq!(zero.id().to_string(), "0E06143EAE626D74");
    for shown in [
        "E06143EAE626D74",
        "0E06143EAE626D74",
        "e06143eae626d74",
        " E06143EAE626D74\n",
    ] {
        assert_eq!(KeyId::parse(shown).as_ref(), Ok(zero.id()), "{shown:?}");
    }
    let stored: KeyId = serde_json::from_str("\"E06143EAE626D74\"").unwrap();
    assert_eq!(serde_json::to_string(&stored).unwrap(), "\"0E06143EAE626D74\"");
    assert_eq!(KeyId::parse("1").unwrap().to_string(), "0000000000000001");
    for wrong in ["", " ", "00E06143EAE626D74", "E06143EAE626D7G", "+1", "é"] {
        assert!(KeyId::parse(wrong).is_err(), "{wrong:?}");
    }
    let signed_by = requiring(&[KEY_A, KEY_ZERO]).verify(BYTES, Some(PREHASHED_BY_ZERO));
    assert_eq!(signed_by.unwrap().as_ref(), Some(zero.id()));
}

#[test]
fn signatures_of_listed_keys_are_accepted_in_both_forms() {
    let signing = requiring(&[KEY_B, KEY_A]);
    for (signature, by) in [
        (PREHASHED_BY_A, "A72A468C514E282F"),
        (LEGACY_BY_A, "A72A468C514E282F"),
        (PREHASHED_BY_B, "ACF8DF9D4088EBC5"),
    ] {
        let id = signing.verify(BYTES, Some(signature)).unwrap();
        assert_eq!(id.map(|id| id.to_string()).as_deref(), Some(by));
        let windows = signature.replace('\n', "\r\n");
        assert!(signing.verify(BYTES, Some(&windows)).is_ok(), "line ends of Windows");
    }
}

#[test]
fn an_unsigned_component_is_refused_only_where_signatures_are_required() {
    let required = requiring(&[KEY_A]);
    let error = required.verify(BYTES, None).unwrap_err();
    assert!(matches!(error, SignatureError::Unsigned { .. }));
    assert!(error.to_string().contains("A72A468C514E282F"), "{error}");
    let optional = Signing {
        require: false,
        ..required
    };
    assert_eq!(optional.verify(BYTES, None), Ok(None));
    assert_eq!(Signing::default().verify(BYTES, Some("whatever")), Ok(None));
}

#[test]
fn a_signature_by_an_unknown_key_is_refused_with_its_id() {
    for require in [true, false] {
        let signing = Signing {
            require,
            ..requiring(&[KEY_A])
        };
        let error = signing.verify(BYTES, Some(PREHASHED_BY_B)).unwrap_err();
        assert!(matches!(error, SignatureError::UnknownKey { .. }), "{error}");
        assert!(error.to_string().contains("ACF8DF9D4088EBC5"), "{error}");
    }
    let nobody = requiring(&[]).verify(BYTES, Some(PREHASHED_BY_A)).unwrap_err();
    assert!(nobody.to_string().contains("there are none"), "{nobody}");
}

#[test]
fn a_signature_for_other_bytes_is_refused() {
    let signing = requiring(&[KEY_A]);
    for signature in [PREHASHED_BY_A, LEGACY_BY_A] {
        for other in [&b"component byteS"[..], b"", b"component bytes\n"] {
            let error = signing.verify(other, Some(signature)).unwrap_err();
            assert!(matches!(error, SignatureError::Mismatch { .. }), "{error}");
        }
    }
    // The trusted comment is signed too.
    let changed = PREHASHED_BY_A.replace("trusted comment: trusted\n", "trusted comment: changed\n");
    assert!(matches!(
        signing.verify(BYTES, Some(&changed)),
        Err(SignatureError::Mismatch { .. })
    ));
}

#[test]
fn a_key_with_the_id_of_another_changes_nothing() {
    // The key B with the id of A. It must neither verify signatures of A nor hide the key A.
    let mut bytes = STANDARD.decode(KEY_B).unwrap();
    bytes[2..10].copy_from_slice(&STANDARD.decode(KEY_A).unwrap()[2..10]);
    let impostor = STANDARD.encode(bytes);
    let only_impostor = requiring(&[&impostor]);
    assert!(matches!(
        only_impostor.verify(BYTES, Some(PREHASHED_BY_A)),
        Err(SignatureError::Mismatch { .. })
    ));
    assert!(
        requiring(&[&impostor, KEY_A])
            .verify(BYTES, Some(PREHASHED_BY_A))
            .is_ok()
    );
}

#[test]
fn a_text_that_is_no_signature_is_refused_as_such() {
    let signing = requiring(&[KEY_A]);
    let long = format!("untrusted comment: {}\n", "x".repeat(MAX_SIGNATURE_BYTES));
    let unknown_algorithm = PREHASHED_BY_A.replace("\nRUQ", "\nRUU");
    for text in [
        "",
        "hello",
        "a\nb\nc\nd",
        KEY_A,
        &long,
        &unknown_algorithm,
        "é\né\né\né",
    ] {
        let error = signing.verify(BYTES, Some(text)).unwrap_err();
        assert!(matches!(error, SignatureError::NotASignature(_)), "{text:.40}: {error}");
        assert!(error.to_string().contains(".minisig"), "{error}");
    }
    // Every cut and every changed byte is refused, one way or another.
    for end in 0..PREHASHED_BY_A.trim_end().len() {
        assert!(
            signing.verify(BYTES, PREHASHED_BY_A.get(..end)).is_err(),
            "cut at {end}"
        );
    }
}

#[test]
fn a_text_that_is_no_public_key_is_refused_without_being_shown() {
    for text in [
        "",
        " \n",
        "RWQ",
        "not base64!",
        "AAAA",
        &"A".repeat(200),
        PREHASHED_BY_A,
    ] {
        let error = SigningKey::parse(text).unwrap_err().to_string();
        assert!(!error.contains("AAAA") && !error.contains("RWQ"), "{error}");
    }
}
