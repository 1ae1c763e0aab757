//! The description of the API for programs. The end-to-end tests validate it and generate a client
//! from it.

use serde_json::json;

use super::*;

/// Each operation of the description, with its method and path.
async fn operations() -> Vec<(String, Value)> {
    let description = Api::new().get("/openapi.json").await.json();
    let paths = description["paths"].as_object().unwrap().clone();
    let operations = paths.into_iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().clone();
        methods
            .into_iter()
            .map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    operations.collect()
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn operations_parameters_and_responses_are_described() {
    for (name, operation) in operations().await {
        assert!(is_text(&operation["summary"]), "{name} has no summary");
        assert!(is_text(&operation["description"]), "{name} has no description");
        for parameter in items(&operation["parameters"]) {
            assert!(is_text(&parameter["description"]), "{name}: {parameter}");
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(is_text(&response["description"]), "{name}: {status}");
        }
    }
}

#[tokio::test]
async fn bodies_have_a_schema_that_says_more_than_object() {
    let bare = json!({"type": "object"});
    for (name, operation) in operations().await {
        let responses = operation["responses"].as_object().unwrap().values();
        for body in responses.chain([&operation["requestBody"]]) {
            for (kind, content) in body["content"].as_object().into_iter().flatten() {
                let schema = &content["schema"];
                assert!(schema.is_object() && *schema != bare, "{name}: {kind} is {schema}");
            }
        }
    }
}

#[tokio::test]
async fn numbers_are_described_as_json() {
    for (name, operation) in operations().await {
        let text = &operation["responses"]["200"]["content"]["text/plain"]["schema"];
        let is_number = text["type"] == "integer";
        assert!(!is_number, "{name} returns JSON and is described as text");
    }
}
