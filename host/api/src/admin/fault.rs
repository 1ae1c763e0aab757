//! Problem documents for the errors of services.

use http::StatusCode;

use super::ProblemDocument;
use vconduit_config::RecordError;
use vconduit_engine::control::{ConfigError, LinkError, QueueError};
use vconduit_oci::OciError;
use vconduit_policy::signature::SignatureError;
use vconduit_sandbox::CompileError;

const REFUSED: &str = "the component was refused";

impl From<LinkError> for ProblemDocument {
    fn from(error: LinkError) -> Self {
        let detail = error.to_string();
        match error {
            LinkError::NoLink(_) => Self::not_found(detail).fix("GET /admin/v1/links lists those that there are"),
            LinkError::BadName(_) => Self::invalid(detail),
            LinkError::Component(error) => error.into(),
            LinkError::BadNeeds(_) => refused(StatusCode::UNPROCESSABLE_ENTITY, "describe", detail)
                .fix("let `needs` of its description have the shape of the configuration's `grants`"),
            LinkError::Signature(error) => error.into(),
            LinkError::Record(error) => error.into(),
            LinkError::Invalid(problems) => invalid_config(detail, &problems),
            LinkError::CantRun(_) => cannot_run(detail),
            LinkError::InUse { .. } => Self::new(StatusCode::CONFLICT, "in-use", "it is in use", detail)
                .fix("take it out of the chain, or activate another version, first"),
            LinkError::Configured(_) => {
                Self::conflict(detail).fix("change the configuration file, or upload a version for it")
            }
            LinkError::NoBytes(_) => Self::not_found(detail).fix("upload it again"),
            LinkError::Damaged(_) => damaged(detail),
            LinkError::Busy => busy(detail),
            LinkError::Store(error) => error.into(),
        }
    }
}

impl From<ConfigError> for ProblemDocument {
    fn from(error: ConfigError) -> Self {
        let detail = error.to_string();
        match error {
            ConfigError::Name(error) => error.into(),
            ConfigError::NotFound { section, .. } => {
                Self::not_found(detail).fix(format!("GET /admin/v1/{} lists those that there are", section.name()))
            }
            ConfigError::Changed => changed("it is not the one that If-Match names"),
            ConfigError::Exists => changed(&detail),
            ConfigError::UnknownMask(_) => Self::invalid(detail).fix("write the secret itself, or `{{secret:NAME}}`"),
            ConfigError::Invalid(problems) => invalid_config(detail, &problems),
            ConfigError::CantRun(_) => cannot_run(detail),
            ConfigError::AdminsOnly(_) => Self::forbidden(detail),
            ConfigError::Damaged(_) => damaged(detail),
            ConfigError::Busy => busy(detail),
            ConfigError::Store(error) => error.into(),
        }
    }
}

impl From<QueueError> for ProblemDocument {
    fn from(error: QueueError) -> Self {
        let detail = error.to_string();
        match error {
            QueueError::Name(error) => error.into(),
            QueueError::NoClaim(_) => {
                Self::not_found(detail).fix("look at GET /admin/v1/claims; the run may have ended meanwhile")
            }
            QueueError::NoDeadLetter { vcon, .. } => {
                Self::not_found(detail).fix(format!("look at GET /admin/v1/where/{vcon}"))
            }
            QueueError::OfStorage(_) => {
                Self::conflict(detail).fix("save them with POST /dlq/storage/reprocess, or delete the dead letter")
            }
            QueueError::NoChain(_) => Self::conflict(detail).fix("retry without versions, or enable the chain"),
            QueueError::NotInChain { .. } | QueueError::Damaged(_) => Self::conflict(detail),
            QueueError::Version { link, .. } => {
                Self::conflict(detail).fix(format!("look at GET /admin/v1/links/{link}/versions"))
            }
            QueueError::Unknown { silent, .. } if silent.is_empty() => Self::not_found(detail),
            QueueError::Unknown { silent, .. } => {
                let silent: Vec<&str> = silent.iter().map(AsRef::as_ref).collect();
                Self::not_found(detail).fix(format!("ask again when these storages answer: {}", silent.join(", ")))
            }
            QueueError::Store(error) => error.into(),
        }
    }
}

fn invalid_config(detail: String, problems: &[vconduit_config::Problem]) -> ProblemDocument {
    ProblemDocument::invalid(detail).with("problems", serde_json::to_value(problems).unwrap_or_default())
}

fn cannot_run(detail: String) -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "cannot-run",
        "it would not run",
        detail,
    )
    .fix("mend what is named; nothing was changed")
}

fn changed(detail: &str) -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::PRECONDITION_FAILED,
        "changed",
        "it was changed meanwhile",
        detail,
    )
    .fix("read it again, and make the change on what is there now")
}

fn damaged(detail: String) -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "damaged",
        "the store's copy is damaged",
        detail,
    )
}

fn busy(detail: String) -> ProblemDocument {
    ProblemDocument::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "too many changes at once",
        detail,
    )
    .fix("try again")
}

impl From<RecordError> for ProblemDocument {
    fn from(error: RecordError) -> Self {
        let detail = error.to_string();
        match error {
            RecordError::NoVersion(_) => {
                Self::not_found(detail).fix("GET …/links/{name}/versions lists those that there are")
            }
            RecordError::Ambiguous(_) => Self::invalid(detail),
            RecordError::Held { .. } => Self::new(StatusCode::CONFLICT, "held", "the version is held", detail)
                .fix("decide with PUT …/links/{name}/grants `{\"digest\": …, \"grants\": {…}}`; `{}` grants nothing"),
            RecordError::NothingBefore => Self::conflict(detail),
            RecordError::Active(_) => {
                Self::new(StatusCode::CONFLICT, "in-use", "it is in use", detail).fix("activate another version first")
            }
            RecordError::Full => Self::conflict(detail).fix("DELETE …/links/{name}/versions/{digest}"),
        }
    }
}

impl From<CompileError> for ProblemDocument {
    fn from(error: CompileError) -> Self {
        let (status, step) = match &error {
            CompileError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "size"),
            CompileError::NotComponent { .. } => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "form"),
            CompileError::Damaged(_) => (StatusCode::UNPROCESSABLE_ENTITY, "form"),
            CompileError::NoWorld(_) | CompileError::WrongType(_) => (StatusCode::UNPROCESSABLE_ENTITY, "world"),
            CompileError::UnknownImports(_) => (StatusCode::UNPROCESSABLE_ENTITY, "imports"),
            CompileError::Describe(_) | CompileError::BadDescription(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "describe")
            }
            CompileError::Host(_) => (StatusCode::SERVICE_UNAVAILABLE, "compile"),
            // Complexity, time and memory, and other errors of the compiler.
            _ => (StatusCode::UNPROCESSABLE_ENTITY, "compile"),
        };
        refused(status, step, error.to_string())
    }
}

impl From<SignatureError> for ProblemDocument {
    fn from(error: SignatureError) -> Self {
        refused(StatusCode::FORBIDDEN, "signature", error.to_string())
    }
}

impl From<OciError> for ProblemDocument {
    fn from(error: OciError) -> Self {
        if matches!(error, OciError::BadReference { .. }) {
            return Self::invalid(error.to_string());
        }
        Self::new(
            StatusCode::BAD_GATEWAY,
            "registry",
            "the component could not be fetched",
            error.to_string(),
        )
    }
}

fn refused(status: StatusCode, step: &'static str, detail: String) -> ProblemDocument {
    ProblemDocument::new(status, "refused", REFUSED, detail).with("step", step)
}
