// Package release is what stands between a draft and its publication: how it is first
// filled from a case, what it is published as, and the gates in its way.
//
// It never publishes, keeps nothing and looks at no clock: whoever asks hands in the
// instant.
package release
