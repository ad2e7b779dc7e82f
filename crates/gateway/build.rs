//! Makes the gRPC service's code from `proto/`; the messages themselves are `exchange`'s.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = "../../proto";
    println!("cargo:rerun-if-changed={root}");
    let files = protox::compile(["watchfire/v1/session.proto"], [root])?;
    let config = tonic_prost_build::Config::new();
    tonic_prost_build::configure()
        .extern_path(".watchfire.v1", "::exchange::wire")
        .compile_fds_with_config(files, config)?;
    Ok(())
}
