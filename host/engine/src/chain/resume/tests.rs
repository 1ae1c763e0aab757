//! The place in edited chains: each edit by an example, and all edits of small chains by the rule's
//! own words.

use super::*;

fn names(text: &str) -> Vec<LinkName> {
    text.split_whitespace()
        .map(|name| LinkName::new(name).unwrap())
        .collect()
}

fn chain(name: &str) -> ChainName {
    ChainName::new(name).unwrap()
}

/// A checkpoint of chain `main`, written as `done | left`.
fn at(text: &str) -> Checkpoint {
    let (done, left) = text.split_once('|').unwrap();
    let progress = Progress {
        done: names(done),
        left: names(left),
    };
    Checkpoint {
        chain: Some(chain("main")),
        next_link: u32::try_from(progress.done.len()).unwrap(),
        progress: Some(progress),
        ..Checkpoint::default()
    }
}

fn found(checkpoint: &Checkpoint, now: &str) -> Result<u32, NoPlace> {
    found_in("main", checkpoint, now)
}

fn found_in(name: &str, checkpoint: &Checkpoint, now: &str) -> Result<u32, NoPlace> {
    let links = names(now);
    let resumed = resume(checkpoint, &chain(name), &links.iter().collect::<Vec<_>>());
    resumed.map(|resumed| resumed.next_link)
}

/// The checkpoint of a run that continued in another chain and reached no link since.
fn continued(before: &Checkpoint, now: &str) -> Checkpoint {
    let links = names(now);
    let resumed = resume(before, &chain("main"), &links.iter().collect::<Vec<_>>()).unwrap();
    Checkpoint {
        chain: Some(chain("main")),
        next_link: resumed.next_link,
        progress: Some(Progress {
            done: resumed.done,
            left: links[resumed.next_link as usize..].to_vec(),
        }),
        ..Checkpoint::default()
    }
}

/// The chain, with a bar at the place where the run continues.
#[track_caller]
fn goes_on(before: &str, now: &str) {
    let (passed, left) = now.split_once('|').unwrap();
    let expected = names(passed).len();
    let all = format!("{passed} {left}");
    let place = found(&at(before), &all);
    assert_eq!(
        place,
        Ok(u32::try_from(expected).unwrap()),
        "{before} in {all}: expected {now}"
    );
}

#[track_caller]
fn is_removed(before: &str, now: &str, place: &str) {
    let error = found(&at(before), now).unwrap_err();
    let NoPlace::Removed { place: missing, .. } = &error else {
        panic!("{before} in {now} has to fail because {place} is missing, not because {error}");
    };
    assert_eq!(missing, place);
    assert_eq!(error.link().unwrap().as_str(), place.split_once('#').unwrap().0);
}

#[track_caller]
fn is_reordered(before: &str, now: &str) {
    let error = found(&at(before), now).unwrap_err();
    assert!(matches!(error, NoPlace::Reordered { .. }), "{before} in {now}: {error}");
}

#[test]
fn an_unchanged_chain_goes_on_at_its_number() {
    for unchanged in ["| a b", "a | b", "a b |", "|", "a a | a", "a | a a"] {
        goes_on(unchanged, unchanged);
    }
}

#[test]
fn links_inserted_before_what_ran_are_passed() {
    goes_on("a | b", "x a | b");
    goes_on("a b | c", "a x b | c");
    goes_on("a b |", "x a y b |");
}

#[test]
fn links_inserted_at_the_place_or_after_it_run() {
    goes_on("a | b", "a | x b");
    goes_on("a | b", "a | b x");
    goes_on("a | b c", "a | x b y c z");
    goes_on("| a", "| x a");
}

#[test]
fn links_appended_to_a_run_that_had_only_storages_left_run() {
    goes_on("a b |", "a b | c");
    goes_on("a b |", "a b | a");
    goes_on("a |", "x a | y");
}

#[test]
fn links_that_were_removed_elsewhere_change_nothing() {
    goes_on("a b | c", "b | c");
    goes_on("a b | c", "a | c");
    goes_on("a b | c", "| c");
    goes_on("a | b c d", "a | b d");
    goes_on("a b |", "a |");
    goes_on("a b |", "|");
}

#[test]
fn a_link_that_replaces_one_that_ran_runs() {
    goes_on("a | b", "| x b");
    goes_on("a b | c", "a | x c");
}

#[test]
fn links_may_change_places_on_the_same_side() {
    goes_on("a b | c d", "b a | c d");
    goes_on("a b | c d", "a b | d c");
}

#[test]
fn a_next_link_that_is_not_in_the_chain_is_named() {
    is_removed("a | b c", "a c", "b#1");
    is_removed("a | b", "a x", "b#1");
    is_removed("a | b", "", "b#1");
    is_removed("a | a b", "a b", "a#2");
    let error = found(&at("a | b c"), "a c").unwrap_err().to_string();
    for part in ["b#1", "main", "done so far: a", "retry the dead letter"] {
        assert!(error.contains(part), "the message does not say {part:?}: {error}");
    }
}

#[test]
fn links_that_changed_sides_fail_the_run() {
    is_reordered("a | b", "b a");
    is_reordered("a b | c", "b c a");
    is_reordered("a | b c", "c a b");
}

#[test]
fn occurrences_of_one_link_are_told_apart() {
    goes_on("a t | b", "t a t | b");
    goes_on("t a | t b", "t t a | t b");
    goes_on("t a | t b", "a | t b");
    goes_on("t | t", "t | t x");
    goes_on("a t | n", "t a t | x n");
}

#[test]
fn a_link_that_was_removed_and_put_back_between_checkpoints_does_not_run_again() {
    let without = continued(&at("a | b"), "b");
    assert_eq!(found(&without, "a b"), Ok(1), "`a` ran before it was removed");
    assert_eq!(found(&without, "b"), Ok(0));
    let passed = continued(&at("a | b"), "x a b");
    assert_eq!(found(&passed, "a x b"), Ok(2), "`x` was passed before it was moved");
    assert_eq!(found(&passed, "x a b"), Ok(2));
    let old: Checkpoint = serde_json::from_str(r#"{"chain":"main","next_link":1,"began_ms":5}"#).unwrap();
    assert_eq!(
        found(&continued(&old, "a b"), "x a b"),
        Ok(2),
        "an old checkpoint gets names when it is written again"
    );
}

#[test]
fn a_chain_of_another_name_is_an_edit_as_any_other() {
    assert_eq!(found_in("renamed", &at("a | b"), "x a b"), Ok(2));
}

#[test]
fn a_checkpoint_of_an_older_host_counts_by_its_number() {
    let text = r#"{"chain":"main","next_link":2,"began_ms":5}"#;
    let old: Checkpoint = serde_json::from_str(text).unwrap();
    assert_eq!(found(&old, "a b c"), Ok(2));
    let text = found_in("other", &old, "a b c").unwrap_err().to_string();
    assert!(
        text.contains("number 2 of chain main") && text.contains("chain other"),
        "{text}"
    );
}

#[test]
fn a_run_that_has_not_begun_begins_at_the_first_link() {
    assert_eq!(found(&Checkpoint::default(), "a b"), Ok(0));
    let asked = Checkpoint {
        chain: Some(chain("other")),
        ..Checkpoint::default()
    };
    assert_eq!(
        found(&asked, "a b"),
        Ok(0),
        "a retry with versions was meant for another chain"
    );
}

/// All chains of up to this many links out of three.
fn chains(longest: usize) -> Vec<Vec<LinkName>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|shorter| {
                names("a b c")
                    .into_iter()
                    .map(|name| [shorter.clone(), vec![name]].concat())
            })
            .collect();
        all.extend(last.clone());
    }
    all
}

fn count(names: &[LinkName], name: &LinkName) -> usize {
    names.iter().filter(|other| *other == name).count()
}

/// If a link is in the chain as often as before, exactly its runs are before the place. If it was
/// inserted, none that ran or was left is on the wrong side. If it was removed, no more than before
/// are on each side.
#[test]
fn in_all_small_chains_nothing_is_skipped_and_nothing_is_repeated() {
    let all = chains(4);
    for before in &all {
        for divided in 0..=before.len() {
            let (done, left) = before.split_at(divided);
            let progress = Progress {
                done: done.to_vec(),
                left: left.to_vec(),
            };
            for now in &all {
                let links: Vec<_> = now.iter().collect();
                let Ok(place) = by_names(&progress, &chain("main"), &links) else {
                    assert_ne!(before, now, "an unchanged chain has its place");
                    continue;
                };
                let (behind, ahead) = now.split_at(place);
                for name in before {
                    let ran = count(done, name).cmp(&count(behind, name));
                    let remains = count(left, name).cmp(&count(ahead, name));
                    let fits = match count(before, name).cmp(&count(now, name)) {
                        std::cmp::Ordering::Equal => ran.is_eq() && remains.is_eq(),
                        std::cmp::Ordering::Less => ran.is_le() && remains.is_le(),
                        std::cmp::Ordering::Greater => ran.is_ge() && remains.is_ge(),
                    };
                    assert!(
                        fits,
                        "{done:?} | {left:?} went on in {behind:?} | {ahead:?}: {name} is on the wrong side"
                    );
                }
            }
        }
    }
}
