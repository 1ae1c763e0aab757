//! JSON Patch (RFC 6902) on the tree.
//!
//! Guarantee: a patch is applied as a whole or not at all. Values that it does not name keep their
//! bytes.
//!
//! Not the `json-patch` crate: it works on `serde_json::Value`, which loses the bytes of values
//! that a patch does not name.

use super::change::{at_parent, fits, nowhere, remove, replace};
use super::diff::same;
use super::json;
use super::pointer::index;
use super::tree::{Key, Node};
use super::view::{Kind, View};
use super::{Document, EditError, Pointer};

/// Maximum number of operations in a patch. Each can walk the whole document, and vConduit can't
/// stop a link inside a host call.
const MAX_OPERATIONS: usize = 10_000;
/// Maximum number of bytes that a patch copies and moves: the largest document that any limit of
/// vConduit allows. Without it, a list that is copied into itself thirty times would take all
/// memory.
const MAX_COPIED_BYTES: usize = if cfg!(test) { 1 << 20 } else { 128 << 20 };

/// Applies a patch, which is JSON text.
pub(super) fn patch(document: &mut Document, operations: &str) -> Result<(), EditError> {
    json::check(operations).map_err(|error| EditError::BadJson(error.describe(operations)))?;
    let operations = View::Raw(operations.trim_ascii());
    if operations.kind() != Kind::Array {
        return Err(EditError::BadJson("a JSON Patch is an array of operations".to_owned()));
    }
    let operations = operations.elements();
    if operations.len() > MAX_OPERATIONS {
        return Err(EditError::BadJson(format!(
            "a patch of more than {MAX_OPERATIONS} operations"
        )));
    }
    let mut patched = Patched {
        document: document.clone(),
        budget: MAX_COPIED_BYTES,
    };
    for (position, view) in operations.into_iter().enumerate() {
        PatchOperation { view, position }.apply(&mut patched)?;
    }
    *document = patched.document;
    Ok(())
}

/// The document after the operations so far.
struct Patched {
    document: Document,
    /// Bytes that can still be copied.
    budget: usize,
}

impl Patched {
    /// Returns a copy of the value at a pointer.
    fn read(&mut self, from: &Pointer) -> Result<String, EditError> {
        let found = self.document.view().walk(&from.tokens()).ok_or_else(|| nowhere(from))?;
        let value = found.text().into_owned();
        let left = self.budget.checked_sub(value.len());
        self.budget =
            left.ok_or_else(|| EditError::BadJson(format!("a patch that copies more than {MAX_COPIED_BYTES} bytes")))?;
        Ok(value)
    }
}

/// One operation, and its index in the patch.
struct PatchOperation<'a> {
    view: View<'a>,
    position: usize,
}

impl PatchOperation<'_> {
    fn bad(&self, what: &str) -> EditError {
        EditError::BadJson(format!("operation {}: {what}", self.position))
    }

    fn pointer(&self, name: &str) -> Result<Pointer, EditError> {
        let text = self.view.member(name).and_then(View::string);
        let text = text.ok_or_else(|| self.bad(&format!("`{name}` has to be a JSON Pointer")))?;
        Pointer::parse(&text).map_err(EditError::BadPointer)
    }

    fn value(&self) -> Result<View<'_>, EditError> {
        self.view.member("value").ok_or_else(|| self.bad("`value` is missing"))
    }

    fn apply(&self, patched: &mut Patched) -> Result<(), EditError> {
        let document = &mut patched.document;
        let kind = self.view.member("op").and_then(View::string).unwrap_or_default();
        let path = self.pointer("path")?;
        match &*kind {
            "add" => add(document, &path, &self.value()?.text()),
            "remove" => take(document, &path).map(drop),
            "replace" => self.replace(document, &path),
            "move" => self.relocate(patched, &path),
            "copy" => {
                let value = patched.read(&self.pointer("from")?)?;
                add(&mut patched.document, &path, &value)
            }
            "test" => self.test(document, &path),
            _ => Err(self.bad("`op` has to be add, remove, replace, move, copy or test")),
        }
    }

    fn replace(&self, document: &mut Document, path: &Pointer) -> Result<(), EditError> {
        let value = self.value()?.text();
        if path.as_str().is_empty() {
            return replace(document, &value);
        }
        let levels = json::check(&value).map_err(|error| self.bad(&error.describe(&value)))?;
        fits(path, levels)?;
        let (root, base) = document.change();
        let put = |place: &mut Node| {
            *place = Node::raw(&*value);
            Ok(())
        };
        root.edit_at(base, &path.tokens(), put)?.ok_or_else(|| nowhere(path))
    }

    fn relocate(&self, patched: &mut Patched, path: &Pointer) -> Result<(), EditError> {
        let from = self.pointer("from")?;
        if from == *path {
            return patched.read(path).map(drop);
        }
        let below = path
            .as_str()
            .strip_prefix(from.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        if below {
            return Err(EditError::BadPointer(format!("{from} can't be moved into itself")));
        }
        let value = patched.read(&from)?;
        take(&mut patched.document, &from)?;
        add(&mut patched.document, path, &value)
    }

    fn test(&self, document: &Document, path: &Pointer) -> Result<(), EditError> {
        let found = document.view().walk(&path.tokens()).ok_or_else(|| nowhere(path))?;
        if same(found, self.value()?) {
            return Ok(());
        }
        Err(self.bad(&format!("the test of {:?} found another value", path.as_str())))
    }
}

fn take(document: &mut Document, path: &Pointer) -> Result<Node, EditError> {
    let (root, base) = document.change();
    remove(root, base, path)?.ok_or_else(|| nowhere(path))
}

fn add(document: &mut Document, path: &Pointer, value: &str) -> Result<(), EditError> {
    if path.as_str().is_empty() {
        return replace(document, value);
    }
    let levels = json::check(value).map_err(|error| EditError::BadJson(error.describe(value)))?;
    fits(path, levels)?;
    let value = Node::raw(value);
    let (root, base) = document.change();
    at_parent(root, base, path, |parent, token| {
        if let Some(object) = parent.object_mut(base) {
            object.set(Key::of(token), value, base);
            return Ok(());
        }
        let array = parent.array_mut(base).ok_or_else(|| nowhere(path))?;
        let length = array.elements().len();
        let at = if token == "-" { Some(length) } else { index(token) };
        let at = at.filter(|&at| at <= length).ok_or_else(|| nowhere(path))?;
        array.change().insert(at, value);
        Ok(())
    })
}

#[cfg(test)]
mod tests;
