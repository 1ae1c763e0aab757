//! The library definitions that a filter needs, and no others: compiling all of them would take
//! longer than the rest.

/// A definition of jq's library.
pub struct Definition {
    name: &'static str,
    text: &'static str,
    /// Positions of the definitions that it calls.
    needs: &'static [usize],
}

include!(concat!(env!("OUT_DIR"), "/definitions.rs"));

/// Returns the definitions for a filter, in their order.
///
/// Every word of the filter counts, wherever it is. An extra word costs a little time and changes
/// nothing.
pub fn for_filter(filter: &str) -> String {
    let mut wanted = vec![false; DEFINITIONS.len()];
    for word in words(filter) {
        for (at, _) in DEFINITIONS
            .iter()
            .enumerate()
            .filter(|(_, definition)| definition.name == word)
        {
            want(at, &mut wanted);
        }
    }
    DEFINITIONS
        .iter()
        .zip(wanted)
        .filter(|(_, wanted)| *wanted)
        .map(|(definition, _)| definition.text)
        .collect()
}

fn want(at: usize, wanted: &mut [bool]) {
    let (Some(definition), Some(flag)) = (DEFINITIONS.get(at), wanted.get_mut(at)) else {
        return;
    };
    if std::mem::replace(flag, true) {
        return;
    }
    definition.needs.iter().for_each(|need| want(*need, wanted));
}

/// Returns the words of a filter that can be called: not members (`.type`) and not variables
/// (`$type`).
pub fn words(filter: &str) -> impl Iterator<Item = &str> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@' | '.' | '$');
    let called = |word: &&str| !word.starts_with(['.', '$']);
    filter
        .split(move |c| !is_name(c))
        .map(|word| word.split('.').next().unwrap_or(word))
        .filter(called)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_and_variables_are_not_calls() {
        let found: Vec<_> = words("map(.type|@base64 \"x\")|.a.b as $any|any.x")
            .filter(|word| !word.is_empty())
            .collect();
        assert_eq!(found, ["map", "@base64", "x", "as", "any"]);
    }

    #[test]
    fn the_needs_of_a_definition_come_before_it() {
        let text = for_filter("min");
        let (by, plain) = (text.find("def min_by(").unwrap(), text.find("def min:").unwrap());
        assert!(by < plain);
        assert!(!text.contains("def map("));
    }

    #[test]
    fn a_plain_filter_needs_nothing() {
        assert_eq!(for_filter(".parties[0].name == \"x\""), "");
    }
}
