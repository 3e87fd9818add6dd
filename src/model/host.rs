//! Names of one registry: files write the host that a tool talks to, and where they write none its domain is meant.
//!
//! The hosts are the defaults of the tools (npm's `registry`, NuGet's package sources, Gradle's plugin portal, the central
//! repository of Maven's super POM, `GOPROXY` and so on), recalled and not looked up one by one. Who runs them is no matter of
//! this list: that is said by rows of the rules, with their marks.

/// The name under which a registry is known, of any of the names of its hosts; other hosts keep theirs. Hosts that serve the
/// files of a registry and are run by others (`files.pythonhosted.org`) are hosts of their own.
#[must_use]
pub(super) fn of_registry(host: &str) -> &str {
    match host {
        "registry.npmjs.org" => "npmjs.org",
        "api.nuget.org" | "www.nuget.org" => "nuget.org",
        "plugins.gradle.org" => "gradle.org",
        "repo.maven.apache.org" | "repo1.maven.org" => "maven.org",
        "index.crates.io" | "static.crates.io" => "crates.io",
        "repo.packagist.org" => "packagist.org",
        "index.rubygems.org" => "rubygems.org",
        "proxy.golang.org" => "golang.org",
        "repo.hex.pm" => "hex.pm",
        "hackage.haskell.org" => "haskell.org",
        "cran.r-project.org" => "r-project.org",
        "pkg.julialang.org" => "julialang.org",
        "cdn.cocoapods.org" => "cocoapods.org",
        "center.conan.io" | "center2.conan.io" => "conan.io",
        "bcr.bazel.build" => "bazel.build",
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::super::ComponentId;

    #[test]
    fn hosts_of_one_registry_are_one() {
        assert_eq!(ComponentId::host("Registry.npmjs.org."), ComponentId::host("npmjs.org"));
        assert_eq!(ComponentId::host("files.pythonhosted.org").rest(), "files.pythonhosted.org");
    }
}
