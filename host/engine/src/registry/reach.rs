//! Grants of a configured link, and whether its instances are kept.
//!
//! Guarantee: grants in the configuration are used as they are. Without them only a standard link
//! gets grants: those that it needs, and those that follow from its options. An uploaded link, or
//! one from a file, gets none.

use serde_json::{Map, Value};

use super::annotations;
use super::derived_grants::{self, Unusable};
use vconduit_base::names::LinkName;
use vconduit_config::{ChainLink, ComponentSource, Config, Link, Problem};
use vconduit_policy::Grants;
use vconduit_sandbox::Description;

/// Grants of a link, with warnings.
pub(super) struct Reach {
    pub(super) grants: Grants,
    /// Options that no grant can follow from.
    pub(super) warnings: Vec<Problem>,
}

/// The reach of a link, whose options, defaults included, are `options`.
///
/// # Errors
/// When a standard link asks for grants that can't be read; in words for people.
pub(super) fn of(
    config: &Config,
    name: &LinkName,
    link: &Link,
    description: &Description,
    options: &Map<String, Value>,
) -> Result<Reach, String> {
    let stated = |grants: Grants| Reach {
        grants,
        warnings: Vec::new(),
    };
    match (&link.grants, &link.component) {
        (Some(grants), _) => Ok(stated(grants.clone())),
        (None, ComponentSource::Standard(_)) => derived(config, name, link, description, options),
        (None, ComponentSource::File(_) | ComponentSource::Uploaded(_)) => Ok(stated(Grants::default())),
    }
}

/// True if an instance of the link may serve one call after the other.
pub(super) fn keeps_instances(link: &Link, description: &Description) -> bool {
    let is_standard = matches!(link.component, ComponentSource::Standard(_));
    link.warm
        .unwrap_or_else(|| is_standard && annotations::reuse(&description.options_schema))
}

fn derived(
    config: &Config,
    name: &LinkName,
    link: &Link,
    description: &Description,
    options: &Map<String, Value>,
) -> Result<Reach, String> {
    let schema = &description.options_schema;
    let mut grants = vconduit_config::read_grants(&description.needs).map_err(|problems| {
        let problems: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
        format!("the grants that it asks for can't be read: {}", problems.join("; "))
    })?;
    let own = derived_grants::derive(schema, options);
    add(&mut grants, own.grants);
    for place in places(config, name) {
        let mut options = options.clone();
        options.extend(place.options.clone());
        add(&mut grants, derived_grants::derive(schema, &options).grants);
    }
    derived_grants::without_repeats(&mut grants);
    let written = |unusable: &&Unusable| link.options.contains_key(&unusable.option);
    let warnings = own.unusable.iter().filter(written);
    let warnings = warnings.map(|unusable| no_url(name, unusable)).collect();
    Ok(Reach { grants, warnings })
}

/// Places in enabled chains that give the link options of their own.
fn places<'a>(config: &'a Config, name: &LinkName) -> impl Iterator<Item = &'a ChainLink> {
    let enabled = config.chains.values().filter(|chain| chain.enabled);
    let places = enabled.flat_map(|chain| &chain.links);
    places.filter(move |place| place.name == *name && !place.options.is_empty())
}

fn add(grants: &mut Grants, more: Grants) {
    grants.http.extend(more.http);
    grants.secrets.extend(more.secrets);
    grants.queues.extend(more.queues);
}

fn no_url(name: &LinkName, unusable: &Unusable) -> Problem {
    let Unusable { option, at } = unusable;
    Problem::warning(
        format!("links.{name}.options.{at}"),
        format!("`{option}` is not an http or https URL; nothing can be sent to it"),
        "write it as https://host/path",
    )
}
