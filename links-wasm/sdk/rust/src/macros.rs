//! The macros that turn a function into a component.

/// Makes a component of world `link` out of a function.
///
/// `options` is a type with `Deserialize` and `JsonSchema`; `run` is a
/// `fn(&Vcon, Options) -> Result<Outcome, Failure>`. The version is the one in the link's `Cargo.toml`. `needs` may be left out:
/// what the link asks to be granted, in the shape of the configuration's `grants`, for example `{"http": ["api.example.com"]}`.
#[macro_export]
macro_rules! link {
    (
        name: $name:expr,
        summary: $summary:expr,
        options: $options:ty,
        $(needs: $needs:tt,)?
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
                $crate::entry::description::<$options>(
                    $name,
                    env!("CARGO_PKG_VERSION"),
                    $summary,
                    concat!($(stringify!($needs),)? ""),
                )
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::link::export_link!(VconLinkComponent with_types_in $crate::bindings::link);
    };
}

/// Makes a component of world `transform` out of a function.
///
/// `options` is a type with `Deserialize` and `JsonSchema`; `transform` is a
/// `fn(serde_json::Value, Options) -> Result<Transformed, Failure>`. A transform can't be granted anything.
#[macro_export]
macro_rules! transform {
    (name: $name:expr, summary: $summary:expr, options: $options:ty, transform: $transform:path $(,)?) => {
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
                $crate::entry::description::<$options>($name, env!("CARGO_PKG_VERSION"), $summary, "")
            }
        }

        #[cfg(target_arch = "wasm32")]
        $crate::bindings::transform::export_transform!(
            VconTransformComponent with_types_in $crate::bindings::transform
        );
    };
}
