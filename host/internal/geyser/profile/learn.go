package profile

// For guesses the provider from the host of a URL; it returns Generic when it does not know it.
func For(rawURL string) Profile { return Profile{} }

// Named returns the profile of a provider; ok is false when there is none of that name.
func Named(name string) (p Profile, ok bool) { return Profile{}, false }

// Learn returns the profile with what a refusal taught, and that in words; the text is empty when it taught nothing new.
// err is the error of an open or of a stream, whatever it wraps.
func (p Profile) Learn(err error, use Use) (learned Profile, lesson string) { return p, "" }
