//! The description of the API for programs: OpenAPI 3.1, made from the handlers.
//!
//! Guarantee: keys, limits and errors that all routes of a group have in common are added here, to
//! each of them.

use http::Method;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Response, ResponseBuilder,
    Schema, Server,
};

use crate::admin::ProblemDocument;
use crate::conserver::schemas::HttpValidationError;
use crate::edge::reply::{Refusal, Unexplained};

const SCHEME: &str = "APIKeyHeader";
const ADMIN_SCHEME: &str = "AdminKey";

/// Callers that may use a group of routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// All callers, without a key.
    Public,
    /// Clients, with keys of the API.
    Client,
    /// Partners, with keys of lists.
    Partner,
    /// Operators, with admin keys.
    Operator,
}

/// A description without routes.
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
        .schemas_from_iter(shared_schemas())
        .build();
    let servers = (!root_path.is_empty()).then(|| vec![Server::new(root_path)]);
    OpenApiBuilder::new()
        .info(info)
        .servers(servers)
        .components(Some(components))
        .build()
}

/// Schemas of the bodies that [`finish`] adds to routes, with those that they refer to.
fn shared_schemas() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = Vec::new();
    add_schema::<ProblemDocument>(&mut schemas);
    add_schema::<HttpValidationError>(&mut schemas);
    add_schema::<Refusal>(&mut schemas);
    add_schema::<Unexplained>(&mut schemas);
    schemas
}

fn add_schema<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Adds the parts that all routes of a group have in common.
pub fn finish(api: &mut OpenApi, group: Group) {
    for (path, item) in &mut api.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(operation.operation_id.as_deref(), path, method));
            common(operation, group, method);
        }
    }
}

/// Moves inline members of unions to the components. Generators of clients can't name a member that
/// is composed of others in place.
pub fn name_union_members(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    let mut named = Vec::new();
    for (union, schema) in &mut components.schemas {
        let RefOr::T(Schema::OneOf(union_schema)) = schema else {
            continue;
        };
        for member in &mut union_schema.items {
            let Some(part) = first_part(member) else { continue };
            let name = format!("{union}{part}");
            let reference = Ref::from_schema_name(name.as_str());
            named.push((name, std::mem::replace(member, reference.into())));
        }
    }
    components.schemas.extend(named);
}

/// The name of the first schema that a member is composed of; nothing for a member of any other
/// form.
fn first_part(member: &RefOr<Schema>) -> Option<String> {
    let RefOr::T(Schema::AllOf(parts)) = member else {
        return None;
    };
    parts.items.iter().find_map(|part| match part {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().map(ToOwned::to_owned),
        RefOr::T(_) => None,
    })
}

/// The first method of a path: GET wherever there is one.
pub fn first_method(item: &PathItem) -> Method {
    let methods = [
        (Method::GET, item.get.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::PATCH, item.patch.is_some()),
        (Method::DELETE, item.delete.is_some()),
    ];
    let first = methods.into_iter().find(|(_, is_there)| *is_there);
    first.map_or(Method::GET, |(method, _)| method)
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

/// The name of the handler, the path and the method, as FastAPI names operations. Clients generated
/// from the description of a Conserver keep the names of their methods.
fn operation_id(handler: Option<&str>, path: &str, method: &str) -> String {
    let handler = handler.unwrap_or_default();
    let path: String = path
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect();
    format!("{handler}{path}_{method}")
}

fn common(operation: &mut Operation, group: Group, method: &str) {
    if group == Group::Operator {
        return common_admin(operation);
    }
    let takes_input =
        operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) || operation.request_body.is_some();
    if takes_input {
        respond::<HttpValidationError>(operation, "422", "parameters or body are not valid");
    }
    if operation.request_body.is_some() && matches!(method, "post" | "put" | "patch") {
        respond::<Refusal>(operation, "400", "the body is not text");
        respond::<Refusal>(operation, "408", "the body did not arrive in time");
        respond::<Refusal>(operation, "413", "the body is larger than VCONDUIT_MAX_BODY_BYTES");
    }
    if group == Group::Client {
        operation.security = Some(vec![SecurityRequirement::new(SCHEME, Vec::<String>::new())]);
        respond::<Refusal>(operation, "403", "no key, or none that opens the API");
    }
    if group != Group::Public || takes_input {
        respond::<Unexplained>(
            operation,
            "500",
            "something unexpected; the log has more under the request id",
        );
        respond::<Refusal>(operation, "503", "the working store is away or filling up; try again");
    }
}

fn common_admin(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new(ADMIN_SCHEME, Vec::<String>::new())]);
    for (status, description) in [
        ("401", "no admin key, or an unknown one"),
        ("403", "the admin API is closed on this host"),
        ("422", "path, query or body are not valid"),
        ("503", "the working store is away or filling up; try again"),
    ] {
        respond_as::<ProblemDocument>(operation, "application/problem+json", status, description);
    }
}

/// Adds a response unless the route describes it itself.
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
