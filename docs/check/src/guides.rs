//! The pages whose Rust is tested as documentation of this crate; that of other crates is with them.

/// Makes each page the documentation of a type, so that rustdoc tests it.
macro_rules! documented {
    ($($name:ident: $path:literal,)*) => {
        $(
            // Words behind a fence, such as `file=NAME`, are no attributes of rustdoc.
            #[cfg(doctest)]
            #[allow(rustdoc::invalid_codeblock_attributes)]
            #[doc = include_str!(concat!("../../../", $path))]
            struct $name;
        )*

        /// The pages whose Rust is tested with this crate.
        pub const DOCUMENTED: &[&str] = &[$($path),*];
    };
}

documented! {
    Readme: "README.md",
    CreateACodec: "docs/create-a-codec.md",
    MigrateData: "docs/migrate-data.md",
    UseACodec: "docs/use-a-codec.md",
    VersionAFormat: "docs/version-a-format.md",
}
