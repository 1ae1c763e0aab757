//! The macros that turn a function into a component.

/// Makes a component of world `link` out of a function.
///
/// | member | meaning |
/// |---|---|
/// | `name` | the link's name, `[a-z0-9_-]+` |
/// | `summary` | one sentence |
/// | `options` | a type with `Deserialize` and `JsonSchema` |
/// | `needs` | may be left out: the grants that the link asks for, in the shape of the configuration's `grants` |
/// | `reuse` | may be left out: `true` if an instance may serve one call after the other |
/// | `modules` | may be left out: further names of a standard link in `module`, each with `links.` in front |
/// | `run` | a `fn(&Vcon, Options) -> Result<Outcome, Failure>` |
///
/// The version is the one in the link's `Cargo.toml`. Members stand in this order.
///
/// `needs`, `reuse` and `modules` are requests. A host follows them without being asked only for
/// links that it ships itself. For an uploaded link an operator decides.
///
/// ```
/// use vcon_link::prelude::*;
///
/// #[derive(Deserialize, JsonSchema, Default)]
/// #[serde(default)]
/// struct Options {
///     /// Where to report to.
///     url: ServiceUrl,
/// }
///
/// vcon_link::link! {
///     name: "reporter",
///     summary: "Reports ids.",
///     options: Options,
///     needs: {"vcons": ["read"]},
///     reuse: true,
///     run: run,
/// }
///
/// fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
///     vcon_link::http::post(&options.url).json(&vcon.uuid()).send()?.error_for_status()?;
///     Ok(Outcome::Next)
/// }
/// ```
#[macro_export]
macro_rules! link {
    (
        name: $name:expr,
        summary: $summary:expr,
        options: $options:ty,
        $(needs: $needs:tt,)?
        $(reuse: $reuse:expr,)?
        $(modules: [$($module:literal),+ $(,)?],)?
        run: $run:path $(,)?
    ) => {
        #[doc(hidden)]
        pub struct VconLinkComponent;

        impl $crate::bindings::link::exports::vcon::link::handler::Guest for VconLinkComponent {
            fn run(
                options: String,
            ) -> Result<$crate::Outcome, $crate::bindings::link::vcon::link::outcomes::Failure> {
                $crate::entry::run::<$options>(&options, $run)
            }

            fn describe() -> $crate::bindings::link::vcon::link::outcomes::Description {
                $crate::entry::description::<$options>($crate::entry::About {
                    name: $name,
                    version: env!("CARGO_PKG_VERSION"),
                    summary: $summary,
                    needs: concat!($(stringify!($needs),)? ""),
                    reuse: false $(|| $reuse)?,
                    modules: &[$($($module),+)?],
                })
            }
        }

        $($crate::module_names!($($module),+);)?

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::link::export_link!(VconLinkComponent with_types_in $crate::bindings::link);
    };
}

/// Makes a component of world `transform` out of a function.
///
/// `transform` is a `fn(serde_json::Value, Options) -> Result<Transformed, Failure>`. `name`,
/// `summary`, `options`, `reuse` and `modules` are as in [`link!`]. A transform can't be granted
/// anything.
///
/// ```
/// use vcon_link::prelude::*;
/// use vcon_link::{Transformed, serde_json::Value};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Options {
///     /// The new subject.
///     subject: String,
/// }
///
/// vcon_link::transform! {
///     name: "renamer",
///     summary: "Sets the subject.",
///     options: Options,
///     transform: transform,
/// }
///
/// fn transform(mut vcon: Value, options: Options) -> Result<Transformed, Failure> {
///     vcon["subject"] = options.subject.into();
///     Ok(Transformed::Next(vcon))
/// }
/// ```
#[macro_export]
macro_rules! transform {
    (
        name: $name:expr,
        summary: $summary:expr,
        options: $options:ty,
        $(reuse: $reuse:expr,)?
        $(modules: [$($module:literal),+ $(,)?],)?
        transform: $transform:path $(,)?
    ) => {
        #[doc(hidden)]
        pub struct VconTransformComponent;

        impl $crate::bindings::transform::exports::vcon::link::transformer::Guest for VconTransformComponent {
            fn transform(
                vcon: String,
                options: String,
            ) -> Result<
                $crate::bindings::transform::exports::vcon::link::transformer::Transformed,
                $crate::bindings::link::vcon::link::outcomes::Failure,
            > {
                $crate::entry::transform::<$options>(&vcon, &options, $transform)
            }

            fn describe() -> $crate::bindings::link::vcon::link::outcomes::Description {
                $crate::entry::description::<$options>($crate::entry::About {
                    name: $name,
                    version: env!("CARGO_PKG_VERSION"),
                    summary: $summary,
                    needs: "",
                    reuse: false $(|| $reuse)?,
                    modules: &[$($($module),+)?],
                })
            }
        }

        $($crate::module_names!($($module),+);)?

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::transform::export_transform!(
            VconTransformComponent with_types_in $crate::bindings::transform
        );
    };
}

/// Writes module names into a custom section, one on a line. A host finds them there without
/// running the component.
#[doc(hidden)]
#[macro_export]
macro_rules! module_names {
    ($($module:literal),+) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            const TEXT: &str = concat!($($module, "\n"),+);
            #[used]
            #[unsafe(link_section = "vcon-link-modules")]
            static NAMES: [u8; TEXT.len()] = $crate::entry::bytes(TEXT);
        };
    };
}
