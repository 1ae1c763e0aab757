//! Documents that the check accepts or refuses, and the shape in which they are stored.

use super::*;

const ID: &str = "0190a0e0-0000-8000-8000-000000000001";

/// A valid document with members replaced or added. An empty text removes one.
fn with(changes: &[(&str, &str)]) -> String {
    let id = format!("\"{ID}\"");
    let base = [
        ("vcon", "\"0.0.1\""),
        ("uuid", &id),
        ("created_at", "\"2026-01-02T03:04:05Z\""),
        ("parties", r#"[{"tel":"+15551230001"},{"tel":"+15551230002"}]"#),
    ];
    let mut members: Vec<(&str, &str)> = base.to_vec();
    for (name, value) in changes {
        match members.iter_mut().find(|(own, _)| own == name) {
            Some(member) => member.1 = value,
            None => members.push((name, value)),
        }
    }
    let members = members.iter().filter(|(_, value)| !value.is_empty());
    format!(
        "{{{}}}",
        members
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect::<Vec<_>>()
            .join(",")
    )
}

fn faults(text: &str) -> Vec<IngestFault> {
    ingest(text.as_bytes())
        .map(|ingested| ingested.document.text())
        .expect_err(text)
}

/// Returns kind and place of every fault, as `kind@body.a.0`.
fn places(text: &str) -> Vec<String> {
    let place = |fault: IngestFault| {
        let steps = fault
            .location
            .iter()
            .map(|step| format!(".{}", step.as_str().map_or_else(|| step.to_string(), str::to_owned)));
        format!("{}@body{}", fault.kind, steps.collect::<String>())
    };
    faults(text).into_iter().map(place).collect()
}

fn stored(text: &str) -> String {
    ingest(text.as_bytes())
        .unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
        .document
        .text()
        .to_string()
}

/// Returns the stored form of a top-level member.
fn stored_member(name: &str, value: &str) -> String {
    let document = ingest(with(&[(name, value)]).as_bytes())
        .unwrap_or_else(|faults| panic!("{name} {value}: {faults:?}"))
        .document;
    document.view().member(name).unwrap().text().into_owned()
}

fn stored_dialog(members: &str) -> String {
    stored_member("dialog", &format!("[{{{members}}}]"))
}

#[test]
fn missing_fields_are_reported_all_at_once() {
    assert_eq!(
        places("{}"),
        ["missing@body.uuid", "missing@body.created_at"],
        "empty document"
    );
    let first = faults("{}").remove(0);
    assert_eq!(
        (first.message.as_str(), first.pointer.as_str()),
        ("Field required", "/uuid"),
        "message and pointer"
    );
    assert_eq!(places(""), ["missing@body"], "no body");
    assert_eq!(places("null"), ["missing@body"], "null");
    for text in ["[]", "\"x\"", "1"] {
        assert_eq!(places(text), ["model_attributes_type@body"], "{text}");
    }
}

#[test]
fn text_that_is_not_json_is_one_fault_with_its_position() {
    let fault = faults("{\"é\":\n nope}").remove(0);
    assert_eq!(
        (fault.kind, fault.location),
        ("json_invalid", vec![Value::from(7)]),
        "kind and position in characters"
    );
    assert!(fault.message.contains("line 2 column 2"), "{}", fault.message);
    let duplicate = with(&[("x", r#"{"a":1,"a":2}"#)]);
    let deep = with(&[("x", &("[".repeat(200) + &"]".repeat(200)))]);
    for text in [
        "{",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":-Infinity}",
        "{} {}",
        " ",
        &duplicate,
        &deep,
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text}");
        assert_eq!(found[0].kind, "json_invalid", "{text}");
    }
    let undecodable = ingest(b"{\"a\":\"\xff\"}").expect_err("not UTF-8");
    assert_eq!(undecodable[0].kind, BODY_UNDECODABLE, "not UTF-8");
    assert!(ingest(&b"[".repeat(1_000_000)).is_err(), "a million levels");
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert!(
        ingest(format!("\u{feff}{}", with(&[])).as_bytes()).is_ok(),
        "byte order mark"
    );
}

#[test]
fn top_level_fields_of_the_wrong_kind_are_refused() {
    for (name, value, expected) in [
        ("vcon", "null", "string_type@body.vcon"),
        ("vcon", "4", "string_type@body.vcon"),
        ("uuid", "\"\"", "uuid_parsing@body.uuid"),
        ("uuid", "\"abc\"", "uuid_parsing@body.uuid"),
        ("uuid", "7", "uuid_type@body.uuid"),
        ("created_at", "\"\"", "datetime_from_date_parsing@body.created_at"),
        (
            "created_at",
            "\"yesterday\"",
            "datetime_from_date_parsing@body.created_at",
        ),
        ("created_at", "null", "datetime_type@body.created_at"),
        ("created_at", "true", "datetime_type@body.created_at"),
        ("subject", "1", "string_type@body.subject"),
        ("redacted", "null", "dict_type@body.redacted"),
        ("redacted", "[]", "dict_type@body.redacted"),
        ("appended", "[]", "dict_type@body.appended"),
        ("parties", "null", "list_type@body.parties"),
        ("dialog", "null", "list_type@body.dialog"),
        ("dialog", "{}", "list_type@body.dialog"),
        ("analysis", "null", "list_type@body.analysis"),
        ("analysis", "\"x\"", "list_type@body.analysis"),
        ("attachments", "null", "list_type@body.attachments"),
        ("group", "null", "list_type@body.group"),
        ("analysis", "[{},\"x\"]", "dict_type@body.analysis.1"),
        ("attachments", "[null]", "dict_type@body.attachments.0"),
        ("group", "[[]]", "dict_type@body.group.0"),
        ("parties", "[{},7]", "model_attributes_type@body.parties.1"),
        ("dialog", "[null]", "model_attributes_type@body.dialog.0"),
        ("parties", r#"[{"tel":"911"}]"#, "value_error@body.parties.0.tel"),
        ("parties", r#"[{"tel":911}]"#, "string_type@body.parties.0.tel"),
    ] {
        assert_eq!(places(&with(&[(name, value)])), [expected], "{name}: {value}");
    }
}

#[test]
fn dialog_fields_of_the_wrong_kind_are_refused() {
    for (members, expected) in [
        (r#""duration":"long""#, "float_parsing@body.dialog.0.duration"),
        (r#""duration":"""#, "float_parsing@body.dialog.0.duration"),
        (r#""duration":-30"#, "value_error@body.dialog.0.duration"),
        (r#""duration":[]"#, "float_type@body.dialog.0.duration"),
        (r#""duration":"inf""#, "finite_number@body.dialog.0.duration"),
        (r#""start":1"#, "string_type@body.dialog.0.start"),
        (r#""mimetype":1"#, "string_type@body.dialog.0.mimetype"),
        (r#""mimetype":"wav""#, "value_error@body.dialog.0.mimetype"),
        (
            r#""mimetype":"text/plain; charset=utf-8""#,
            "value_error@body.dialog.0.mimetype",
        ),
        (r#""mimetype":"x.y/z""#, "value_error@body.dialog.0.mimetype"),
        (r#""mimetype":"a/b/c""#, "value_error@body.dialog.0.mimetype"),
        (r#""mimetype":"""#, "value_error@body.dialog.0.mimetype"),
        (r#""url":"not-a-url""#, "value_error@body.dialog.0.url"),
        (r#""url":"http://""#, "value_error@body.dialog.0.url"),
        (r#""url":"1a://x""#, "value_error@body.dialog.0.url"),
        (r#""url":7"#, "string_type@body.dialog.0.url"),
        (r#""alg":"sha-512""#, "value_error@body.dialog.0.alg"),
        (r#""alg":"lm-ots""#, "value_error@body.dialog.0.alg"),
        (r#""parties":0"#, "list_type@body.dialog.0.parties"),
        (r#""parties":[[0],0]"#, "int_type@body.dialog.0.parties.0"),
        (r#""parties":[0,null]"#, "int_type@body.dialog.0.parties.1"),
        (r#""parties":[0.5]"#, "int_from_float@body.dialog.0.parties.0"),
        (r#""parties":["x"]"#, "int_parsing@body.dialog.0.parties.0"),
        (r#""parties":["1.5"]"#, "int_parsing@body.dialog.0.parties.0"),
        // Known to clients as faults of the body.
        (r#""parties":[0,99]"#, "value_error@body"),
        (r#""parties":[-1]"#, "value_error@body"),
    ] {
        assert_eq!(
            places(&with(&[("dialog", &format!("[{{{members}}}]"))])),
            [expected],
            "{members}"
        );
    }
}

#[test]
fn an_index_out_of_range_is_named() {
    let found = faults(&with(&[("dialog", r#"[{},{"parties":[0,99]}]"#)]));
    assert_eq!(found[0].pointer, "/dialog/1/parties/1", "pointer");
    assert!(
        found[0].message.contains("dialog[1].parties") && found[0].message.contains("99"),
        "{}",
        found[0].message
    );
    let both = places(&with(&[("dialog", r#"[{"parties":[99],"duration":-1}]"#)]));
    assert_eq!(
        both,
        ["value_error@body.dialog.0.duration"],
        "indexes are looked at only when every field is valid"
    );
}

#[test]
fn all_faults_are_reported_in_the_order_of_the_fields() {
    let text = with(&[
        ("uuid", ""),
        ("dialog", r#"[{"alg":"x","duration":-1}]"#),
        ("parties", "[1]"),
        ("subject", "[]"),
    ]);
    let expected = [
        "missing@body.uuid",
        "string_type@body.subject",
        "model_attributes_type@body.parties.0",
        "value_error@body.dialog.0.duration",
        "value_error@body.dialog.0.alg",
    ];
    assert_eq!(places(&text), expected, "all faults");
}

#[test]
fn number_and_size_of_faults_are_bounded() {
    let long = format!("\"{}\"", "é".repeat(10_000));
    let fault = faults(&with(&[("created_at", &long)])).remove(0);
    assert!(fault.input.as_str().unwrap().chars().count() <= 200, "input is cut");
    let many = format!("[{}]", vec!["7"; 5000].join(","));
    assert_eq!(faults(&with(&[("analysis", &many)])).len(), 1000, "number of faults");
    let short = faults(&with(&[("uuid", r#""abc""#)])).remove(0);
    assert_eq!(short.input, Value::from("abc"), "a short input is shown as it is");
    assert!(
        short.message.starts_with("Input should be a valid UUID, "),
        "{}",
        short.message
    );
}

#[test]
fn the_invalid_kinds_that_the_conserver_is_tested_with_are_refused() {
    for (what, changes) in [
        ("dialog types", vec![("dialog", r#"["x",1,null]"#)]),
        ("duration", vec![("dialog", r#"[{"duration":"abc"}]"#)]),
        ("mimetype", vec![("dialog", r#"[{"mimetype":"not a mime"}]"#)]),
        ("party index", vec![("dialog", r#"[{"parties":[0,5]}]"#)]),
        ("url", vec![("dialog", r#"[{"url":"htp:/x"}]"#)]),
        ("uuid and version", vec![("uuid", ""), ("vcon", "")]),
        (
            "null dialog, text analysis",
            vec![("dialog", "null"), ("analysis", "\"x\"")],
        ),
        ("null parties", vec![("parties", "null")]),
        (
            "many indexes",
            vec![("dialog", r#"[{"parties":[7]},{"parties":[-2]}]"#)],
        ),
    ] {
        assert!(ingest(with(&changes).as_bytes()).is_err(), "{what}");
    }
}

#[test]
fn the_stored_shape_has_the_declared_members_in_order() {
    let text = format!(
        r#"{{"x": [1.50, "\u0041"], "uuid":"{ID}","dialog":[{{"a":1,"type":"text"}}],"parties":[{{"name":"N"}}],"created_at":"2026-01-02"}}"#
    );
    let expected = format!(
        concat!(
            r#"{{"uuid":"{}","created_at":"2026-01-02T00:00:00","subject":null,"redacted":{{}},"appended":null,"group":[],"#,
            r#""parties":[{{"tel":null,"name":"N"}}],"#,
            r#""dialog":[{{"duration":null,"start":null,"parties":null,"url":null,"mimetype":null,"alg":null,"a":1,"type":"text"}}],"#,
            r#""analysis":[],"attachments":[],"x":[1.50, "\u0041"]}}"#
        ),
        ID
    );
    let once = stored(&text);
    assert_eq!(once, expected, "stored shape; a missing version stays missing");
    assert_eq!(stored(&once), once, "stored again");
}

#[test]
fn a_document_in_its_stored_shape_keeps_every_byte() {
    let text = format!(
        concat!(
            " {{ \"vcon\" : \"\", \"uuid\": \"{}\",\n\"created_at\": \"2026-01-02T03:04:05\", \"subject\": null, \"redacted\": {{}},",
            " \"appended\": null, \"group\": [], \"parties\": [ {{\"tel\": null, \"x\" : 1.0}} ], \"dialog\": [],",
            " \"analysis\": [ ], \"attachments\": [], \"unknown\" : 1e2 }}\n"
        ),
        ID
    );
    assert_eq!(stored(&text), text, "bytes");
}

#[test]
fn uuids_and_dates_are_stored_in_one_form() {
    let simple = ID.replace('-', "");
    for uuid in [
        ID.to_uppercase(),
        simple.clone(),
        format!("{{{ID}}}"),
        format!("urn:uuid:{ID}"),
    ] {
        let ingested = ingest(with(&[("uuid", &format!("\"{uuid}\""))]).as_bytes())
            .unwrap_or_else(|faults| panic!("{uuid}: {faults:?}"));
        assert_eq!(ingested.id.as_str(), ID, "{uuid}");
        assert_eq!(ingested.document.uuid().unwrap().as_str(), ID, "{uuid}");
    }
    assert_eq!(
        stored_member("uuid", "\"00000000-0000-0000-0000-000000000000\""),
        "\"00000000-0000-0000-0000-000000000000\"",
        "nil"
    );
    for (written, expected) in [
        ("\"2026-01-02T03:04:05Z\"", "\"2026-01-02T03:04:05+00:00\""),
        (
            "\"2026-01-02T03:04:05.1234567+0530\"",
            "\"2026-01-02T03:04:05.123456+05:30\"",
        ),
        ("\"2026-01-02 03:04\"", "\"2026-01-02T03:04:00\""),
        ("1767323045", "\"2026-01-02T03:04:05+00:00\""),
        ("1767323045250", "\"2026-01-02T03:04:05.250000+00:00\""),
        ("\"1767323045\"", "\"2026-01-02T03:04:05+00:00\""),
    ] {
        assert_eq!(stored_member("created_at", written), expected, "{written}");
    }
}

#[test]
fn dialog_values_are_coerced_as_the_conserver_does() {
    for (written, expected) in [
        ("12", "12.0"),
        ("0", "0.0"),
        ("12.50", "12.50"),
        ("1e2", "1e2"),
        ("\" 12 \"", "12.0"),
        ("\"1_0.5\"", "10.5"),
        ("true", "1.0"),
        ("null", "null"),
    ] {
        let dialog = stored_dialog(&format!("\"duration\":{written}"));
        assert!(
            dialog.starts_with(&format!("[{{\"duration\":{expected},")),
            "{written}: {dialog}"
        );
    }
    for (written, expected) in [
        ("[0,1]", "[0,1]"),
        ("[ 0, 1 ]", "[ 0, 1 ]"),
        ("[0.0,\"1\",true]", "[0,1,1]"),
        ("[\" 1.0 \",\"+1\",false,1e0,-0.0]", "[1,1,0,1,0]"),
        ("[]", "[]"),
        ("null", "null"),
    ] {
        let dialog = stored_dialog(&format!("\"parties\":{written}"));
        assert!(
            dialog.contains(&format!("\"parties\":{expected},\"url\"")),
            "{written}: {dialog}"
        );
    }
}

#[test]
fn texts_that_the_conserver_accepts_are_accepted() {
    for tel in [
        "+15551230001",
        "001-555-123-0001x12",
        "(555) 123.0001",
        "5551#*X",
        "\u{663}\u{664}\u{665}\u{666}\u{667}",
        "+\u{a0}1 23\u{2003}4",
        "12345\n",
    ] {
        let tel = crate::json::quote(tel);
        assert!(
            ingest(with(&[("parties", &format!("[{{\"tel\":{tel}}}]"))]).as_bytes()).is_ok(),
            "tel {tel}"
        );
    }
    for tel in [
        "1234",
        "tel:+15551230001",
        "sip:a@b",
        "",
        "-15551230001",
        "+1555\u{bd}0001",
    ] {
        let tel = crate::json::quote(tel);
        assert!(
            ingest(with(&[("parties", &format!("[{{\"tel\":{tel}}}]"))]).as_bytes()).is_err(),
            "tel {tel}"
        );
    }
    for members in [
        r#""mimetype":"audio/x-wav""#,
        r#""mimetype":"application/vnd.a+b\n""#,
        r#""mimetype":"x!#$&-^_/y""#,
        r#""url":"s3://bucket/key""#,
        r#""url":"a+b-c.1://x y""#,
        r#""alg":"SHA-256""#,
        r#""alg":"PS512""#,
        r#""start":"whenever""#,
        r#""originator":77"#,
        r#""mediatype":7"#,
    ] {
        stored_dialog(members);
    }
    stored_member("vcon", "\"\"");
    stored_member("appended", "{}");
    stored_member("amended", "[]");
    stored_member("meta", "{\"a\":[]}");
}

#[test]
fn sealed_forms_are_kept_byte_for_byte() {
    let signed = format!(
        r#" {{"payload":"x" , "signatures":[{{"header":{{"uuid":"{}"}}}}]}}"#,
        ID.to_uppercase()
    );
    let encrypted = format!(r#"{{"unprotected": {{"uuid":"{ID}"}},"recipients":[],"ciphertext":""}}"#);
    for (text, form) in [(signed, Form::Signed), (encrypted, Form::Encrypted)] {
        let ingested = ingest(text.as_bytes()).unwrap_or_else(|faults| panic!("{text}: {faults:?}"));
        assert_eq!((ingested.id.as_str(), ingested.form), (ID, form), "{text}");
        assert_eq!(&*ingested.document.text(), text, "bytes");
    }
}

#[test]
fn a_sealed_form_without_an_id_is_refused_with_the_way_out() {
    for text in [
        r#"{"payload":"x","signatures":[]}"#,
        r#"{"recipients":[],"ciphertext":""}"#,
    ] {
        let fault = faults(text).remove(0);
        assert_eq!((fault.kind, fault.pointer.as_str()), ("missing", "/uuid"), "{text}");
        assert!(fault.message.contains("unprotected.uuid"), "{}", fault.message);
    }
    let text = r#"{"unprotected":{"uuid":"no"},"recipients":[],"ciphertext":""}"#;
    assert_eq!(places(text), ["uuid_parsing@body.uuid"], "an id that is no UUID");
}
