//! The API's description for programs: OpenAPI 3.1, made from the handlers.
//!
//! Guarantee: what all routes of a group have in common (keys, limits, errors) is said once, here, for each of them.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, Response, ResponseBuilder, Server,
};
use utoipa::{PartialSchema as _, ToSchema};

use super::admin::Problem;
use super::conserver::schemas;

const SCHEME: &str = "APIKeyHeader";
const ADMIN_SCHEME: &str = "AdminKey";

/// Who may call a group of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Everyone.
    Public,
    /// Who has a key of the API.
    Keyed,
    /// Partners, with keys of lists.
    Partner,
    /// Operators, with admin keys.
    Admin,
}

/// The description before there is any route in it.
#[must_use]
pub fn empty(root_path: &str, key_header: &str) -> OpenApi {
    let info = InfoBuilder::new()
        .title("vConduit")
        .description(Some("Runs conversations (vCons) through chains of sandboxed links."))
        .version(env!("CARGO_PKG_VERSION"))
        .build();
    let scheme = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new(key_header)));
    let components = ComponentsBuilder::new()
        .security_scheme(SCHEME, scheme)
        .security_scheme(ADMIN_SCHEME, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .schema(Problem::name(), Problem::schema())
        .schema(
            schemas::HttpValidationError::name(),
            schemas::HttpValidationError::schema(),
        )
        .schema(schemas::ValidationError::name(), schemas::ValidationError::schema())
        .schema(schemas::Refusal::name(), schemas::Refusal::schema())
        .schema(schemas::Unexplained::name(), schemas::Unexplained::schema())
        .schema(schemas::PartyEntry::name(), schemas::PartyEntry::schema())
        .schema(schemas::DialogEntry::name(), schemas::DialogEntry::schema())
        .build();
    let servers = (!root_path.is_empty()).then(|| vec![Server::new(root_path)]);
    OpenApiBuilder::new()
        .info(info)
        .servers(servers)
        .components(Some(components))
        .build()
}

/// Adds to each route what its group has in common.
pub fn finish(api: &mut OpenApi, group: Group) {
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(operation.operation_id.as_deref(), path, method));
            common(operation, group, method);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", item.get.as_mut()),
        ("post", item.post.as_mut()),
        ("put", item.put.as_mut()),
        ("patch", item.patch.as_mut()),
        ("delete", item.delete.as_mut()),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation?)))
}

/// The handler's name, the path and the method, as FastAPI names operations, so that generated clients keep their names.
fn operation_id(handler: Option<&str>, path: &str, method: &str) -> String {
    let handler = handler.unwrap_or_default();
    let path: String = path
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    format!("{handler}{path}_{method}")
}

fn common(operation: &mut Operation, group: Group, method: &str) {
    if group == Group::Admin {
        return common_admin(operation);
    }
    let takes_input =
        operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) || operation.request_body.is_some();
    if takes_input {
        respond::<schemas::HttpValidationError>(operation, "422", "parameters or body are not valid");
    }
    if operation.request_body.is_some() && matches!(method, "post" | "put" | "patch") {
        respond::<schemas::Refusal>(operation, "400", "the body is not text");
        respond::<schemas::Refusal>(operation, "408", "the body did not arrive in time");
        respond::<schemas::Refusal>(operation, "413", "the body is larger than VCONDUIT_MAX_BODY_BYTES");
    }
    if group == Group::Keyed {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
        respond::<schemas::Refusal>(operation, "403", "no key, or none that opens the API");
    }
    if group != Group::Public || takes_input {
        respond::<schemas::Unexplained>(
            operation,
            "500",
            "something unexpected; the log has more under the request id",
        );
        respond::<schemas::Refusal>(operation, "503", "the working store is away; try again");
    }
}

fn common_admin(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new(ADMIN_SCHEME, Vec::<String>::new())]);
    for (status, description) in [
        ("401", "no admin key, or an unknown one"),
        ("403", "the admin API is closed on this host"),
        ("422", "path, query or body are not valid"),
        ("503", "the working store is away; try again"),
    ] {
        respond_as::<Problem>(operation, "application/problem+json", status, description);
    }
}

/// Adds a response that the route does not describe itself.
fn respond<T: ToSchema>(operation: &mut Operation, status: &str, description: &str) {
    respond_as::<T>(operation, "application/json", status, description);
}

fn respond_as<T: ToSchema>(operation: &mut Operation, content_type: &str, status: &str, description: &str) {
    let schema = Ref::from_schema_name(T::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response: Response = ResponseBuilder::new()
        .description(description)
        .content(content_type, content)
        .build();
    operation
        .responses
        .responses
        .entry(status.to_owned())
        .or_insert_with(|| response.into());
}
