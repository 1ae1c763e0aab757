//! The known name that a mistyped one probably meant.
//!
//! Guarantee: work is bounded by [`LONGEST`] squared for each candidate.

/// Longer texts are not mistyped names.
const LONGEST: usize = 64;

/// The candidate nearest to `name`, if one is near enough to be worth naming.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.to_lowercase().chars().take(LONGEST + 1).collect();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let most = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .take(1_000)
        .filter_map(|candidate| Some((distance(&wanted, candidate)?, candidate)))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A hint that names the nearest candidate, or else lists them.
pub(super) fn suggestion<'a>(
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

/// Edits between two texts: characters added, removed, changed, or two neighbours swapped.
fn distance(wanted: &[char], candidate: &str) -> Option<usize> {
    let candidate: Vec<char> = candidate.to_lowercase().chars().take(LONGEST + 1).collect();
    if candidate.len() > LONGEST {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=candidate.len()).collect();
    for (row, left) in wanted.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in candidate.iter().enumerate() {
            let changed = last.get(column)? + usize::from(left != right);
            let mut best = changed.min(last.get(column + 1)? + 1).min(current.get(column)? + 1);
            if swapped(wanted, &candidate, row, column) {
                best = best.min(before_last.get(column.checked_sub(1)?)? + 1);
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied()
}

fn swapped(wanted: &[char], candidate: &[char], row: usize, column: usize) -> bool {
    let (Some(above), Some(left)) = (row.checked_sub(1), column.checked_sub(1)) else {
        return false;
    };
    wanted.get(row) == candidate.get(left) && wanted.get(above) == candidate.get(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_over_the_usual_slips() {
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
    fn where_nothing_is_near_all_are_listed() {
        assert_eq!(
            suggestion("zzz", ["a_link", "b_link"], "links"),
            "links: a_link, b_link"
        );
        assert_eq!(suggestion("zzz", [], "links"), "there are no links yet");
    }
}
