//! One chain or one storage of the configuration.
//!
//! Guarantee: a change that names the state that it is for is not made over another state.

use serde_json::{Map, Value};

use super::section::Section;
use super::state::{Member, Precondition, Tag};
use super::{ConfigError, Configuration, shown, unmasked, written};
use crate::control::audit::{Actor, AuditEntry};
use crate::control::change::{ConfigEdit, Decision, change_here};
use crate::control::confirm::confirm;
use crate::events::Event;
use vconduit_admin_types::MemberChanged;
use vconduit_base::ConfigEntries;
use vconduit_config::{Problem, Written, mask, store_copy};

/// A change of one member.
struct MemberChange<'a> {
    section: Section,
    name: &'a str,
    /// The new value; nothing deletes the member.
    value: Option<&'a Map<String, Value>>,
    precondition: &'a Precondition,
    actor: &'a Actor,
}

/// The part of the result that is known before the change is saved.
type Outcome = (Vec<Problem>, Option<Tag>);

impl Configuration {
    /// One chain or storage.
    ///
    /// # Errors
    /// There is none of this name; the store is unavailable or its copy is damaged.
    pub async fn member(&self, section: Section, name: &str) -> Result<Member, ConfigError> {
        let (_, entries) = self.store.load_config().await?;
        let current = written(&entries)?;
        let value = section.member(&current, name).ok_or_else(|| section.not_found(name))?;
        let masked = mask::mask(&current);
        Ok(Member {
            tag: Tag::of(value),
            value: section.member(&masked, name).cloned().unwrap_or_default(),
        })
    }

    /// Sets a chain or storage, or deletes it if there is no value. Also returns the tag of its new
    /// state.
    ///
    /// # Errors
    /// When the precondition does not hold, the configuration with the change has problems, or the
    /// store fails.
    pub async fn change_member(
        &self,
        section: Section,
        name: &str,
        value: Option<&Map<String, Value>>,
        precondition: &Precondition,
        actor: &Actor,
    ) -> Result<(MemberChanged, Option<Tag>), ConfigError> {
        section.check(name)?;
        let wanted = MemberChange {
            section,
            name,
            value,
            precondition,
            actor,
        };
        let decide = |present: &ConfigEntries| self.with_member(&wanted, present);
        let changed = change_here(&self.follower, Some(&self.checker), decide).await?;
        let (revision, (mut warnings, tag)) = (changed.revision, changed.outcome);
        warnings.extend(changed.warnings);
        self.events.publish(|| Event::ConfigChanged {
            revision,
            by: actor.name.clone(),
        });
        let changed = MemberChanged {
            name: name.to_owned(),
            revision,
            deleted: value.is_none(),
            warnings: warnings.into_iter().map(shown).collect(),
            confirmation: confirm(self.store.as_ref(), revision).await?,
        };
        Ok((changed, tag))
    }

    /// The present configuration with the change in it.
    fn with_member(
        &self,
        wanted: &MemberChange<'_>,
        present: &ConfigEntries,
    ) -> Result<Decision<Outcome>, ConfigError> {
        let (section, name) = (wanted.section, wanted.name);
        let current = written(present)?;
        let before = section.member(&current, name);
        wanted.precondition.check(before)?;
        if wanted.value.is_none() && before.is_none() {
            return Err(section.not_found(name));
        }
        let sent = unmasked(edited(current.clone(), wanted), &current)?;
        let checked = self.read(&sent, present)?;
        Ok(Decision::Save(ConfigEdit {
            entries: store_copy::with_own_entries(store_copy::to_entries(&checked.written), present),
            audit: Some(audit(wanted, &current, &checked.written)),
            outcome: (
                checked.warnings().cloned().collect(),
                section.member(&checked.written, name).map(Tag::of),
            ),
        }))
    }
}

/// The configuration with the member put in or taken out.
fn edited(mut written: Written, wanted: &MemberChange<'_>) -> Written {
    let members = written
        .entry(wanted.section.name())
        .or_insert_with(|| Value::Object(Map::new()));
    if members.is_null() {
        *members = Value::Object(Map::new());
    }
    if let Value::Object(members) = members {
        match wanted.value {
            Some(value) => drop(members.insert(wanted.name.to_owned(), value.clone().into())),
            None => drop(members.shift_remove(wanted.name)),
        }
    }
    written
}

fn audit(wanted: &MemberChange<'_>, before: &Written, after: &Written) -> AuditEntry {
    let (section, name) = (wanted.section, wanted.name);
    let member = |written: &Written| {
        let masked = mask::mask(written);
        section.member(&masked, name).cloned().unwrap_or_default()
    };
    let action = section.action(wanted.value.is_none());
    AuditEntry::new(wanted.actor, action, name, member(before), member(after))
}
