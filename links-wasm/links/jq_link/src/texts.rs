//! The document for the second try: every array called `body` with its texts only.

use jaq_json::{Map, Rc, Val};

/// Returns the document without the items of `body` arrays that are not texts, at any depth.
pub fn only_texts_in_bodies(value: Val) -> Val {
    match value {
        Val::Arr(items) => Val::Arr(Rc::new(items.iter().cloned().map(only_texts_in_bodies).collect())),
        Val::Obj(members) => {
            let members = members
                .iter()
                .map(|(name, value)| (name.clone(), member(name, value.clone())));
            Val::Obj(Rc::new(members.collect::<Map>()))
        }
        other => other,
    }
}

fn member(name: &Val, value: Val) -> Val {
    match (name, value) {
        (Val::TStr(name), Val::Arr(items)) if name.as_ref() == "body".as_bytes() => {
            let texts = items.iter().filter(|item| matches!(item, Val::TStr(_)));
            Val::Arr(Rc::new(texts.cloned().collect()))
        }
        (_, other) => only_texts_in_bodies(other),
    }
}
