//! Suggestions for mistyped names.
//!
//! Guarantee: at most `MAX_CANDIDATES` candidates are compared. Names and candidates of more than
//! `MAX_NAME_CHARS` characters are not compared.

use strsim::osa_distance;

/// The longest name that is compared, in characters. Longer texts are not mistyped names.
const MAX_NAME_CHARS: usize = 64;

/// The largest number of candidates that are compared, which bounds the work for one name.
const MAX_CANDIDATES: usize = 1_000;

/// Returns the candidate nearest to `name`, ignoring case. None if every candidate differs in more
/// than a third of the characters of `name`.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let chars = short(name)?;
    let name = name.to_lowercase();
    let max_edits = (chars / 3).max(1);
    candidates
        .into_iter()
        .take(MAX_CANDIDATES)
        .filter(|candidate| short(candidate).is_some())
        .map(|candidate| (osa_distance(&name, &candidate.to_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= max_edits)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

/// Returns a hint that names the nearest candidate, or lists up to 20 candidates if none is near.
/// `kind` is the plural of what the candidates are, for example `links`.
#[must_use]
pub fn suggestion<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    kind: &str,
) -> String {
    let candidates = candidates.into_iter();
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("did you mean `{near}`?");
    }
    let listed: Vec<&str> = candidates.take(20).collect();
    if listed.is_empty() {
        format!("there are no {kind} yet")
    } else {
        format!("{kind}: {}", listed.join(", "))
    }
}

/// Returns the number of characters. None if there are none or too many.
fn short(text: &str) -> Option<usize> {
    let chars = text.chars().take(MAX_NAME_CHARS + 1).count();
    (1..=MAX_NAME_CHARS).contains(&chars).then_some(chars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_for_usual_typing_errors() {
        let names = ["ingress_lists", "egress_lists", "links", "storages"];
        for (slip, meant) in [
            ("ingress_list", Some("ingress_lists")),
            ("ingress-lists", Some("ingress_lists")),
            ("lniks", Some("links")),
            ("Storages", Some("storages")),
            ("storag", Some("storages")),
            ("something_else", None),
            ("", None),
        ] {
            assert_eq!(nearest(slip, names), meant, "for {slip:?}");
        }
        assert_eq!(nearest(&"x".repeat(10_000), names), None);
    }

    #[test]
    fn candidates_are_listed_if_none_is_near() {
        assert_eq!(
            suggestion("zzz", ["a_link", "b_link"], "links"),
            "links: a_link, b_link"
        );
        assert_eq!(suggestion("zzz", [], "links"), "there are no links yet");
    }
}
