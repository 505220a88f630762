package lossy

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func content(d *Disk, name string) string {
	f, ok := d.find(name)
	if !ok {
		return "gone"
	}
	b := make([]byte, d.size(f))
	return string(b[:d.read(f, b, 0)])
}

func TestCut(t *testing.T) {
	t.Parallel()
	d := NewDisk()
	synced, written, fresh := d.create("synced"), d.create("written"), d.create("fresh")
	d.write(synced, []byte("one two"), 0)
	d.sync(synced)
	d.write(written, []byte("kept"), 0)
	d.sync(written)
	d.write(written, []byte("lost"), 0)
	d.write(written, []byte("and lost"), 2*pageSize)
	d.write(fresh, []byte("nobody synced this"), 0)
	if got := content(d, "written"); got[:4] != "lost" {
		t.Fatalf("before the cut the file says %q", got)
	}
	if lost := d.Cut(nil); lost != 3 || d.Lost() != 3 { // the first page, and the hole with the third
		t.Errorf("the cut took %d pages", lost)
	}
	for name, want := range map[string]string{"synced": "one two", "written": "kept", "fresh": "gone"} {
		if got := content(d, name); got != want {
			t.Errorf("%s says %q after the cut, want %q", name, got, want)
		}
	}
}

func TestCutTakesNamesAndSizes(t *testing.T) {
	t.Parallel()
	d := NewDisk()
	for _, name := range []string{"removed", "renamed", "cut short"} {
		f := d.create(name)
		d.write(f, bytes.Repeat([]byte("x"), 3*pageSize), 0)
		d.sync(f)
	}
	change := func() {
		d.remove("removed")
		d.rename("renamed", "anew")
		f, _ := d.find("cut short")
		d.truncate(f, 1)
	}
	change()
	d.Cut(nil)
	for _, name := range []string{"removed", "renamed", "cut short"} {
		if got := len(content(d, name)); got != 3*pageSize {
			t.Errorf("%s has %d bytes, though nothing was synced since it had more", name, got)
		}
	}
	change()
	f, _ := d.find("cut short")
	d.sync(f)
	d.syncNames()
	d.Cut(nil)
	if names := d.names(); len(names) != 2 || !slices.Contains(names, "anew") || content(d, "cut short") != "x" {
		t.Errorf("after a sync there are %v, and one says %q", names, content(d, "cut short"))
	}
}

// TestCutKeepsAnyPages cuts with dice: each page is as it was or as it became.
func TestCutKeepsAnyPages(t *testing.T) {
	t.Parallel()
	d, dice := NewDisk(), rand.New(rand.NewPCG(1, 2))
	f := d.create("file")
	const pages = 64
	d.write(f, bytes.Repeat([]byte("a"), pages*pageSize), 0)
	d.sync(f)
	d.write(f, bytes.Repeat([]byte("b"), pages*pageSize), 0)
	lost := d.Cut(dice)
	old := 0
	for p := range pages {
		page := content(d, "file")[p*pageSize : (p+1)*pageSize]
		if page != strings.Repeat(page[:1], pageSize) {
			t.Errorf("page %d is torn", p)
		}
		if page[0] == 'a' {
			old++
		}
	}
	if old != lost || lost < pages/4 || lost > pages*3/4 {
		t.Errorf("%d pages were lost, %d are old", lost, old)
	}
}

func TestCopy(t *testing.T) {
	t.Parallel()
	d, folder := NewDisk(), filepath.Join(t.TempDir(), "copy")
	d.write(d.create("file"), []byte("text"), 0)
	if err := d.Copy(folder); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(folder, "file")); err != nil || string(b) != "text" {
		t.Errorf("copied %q, %v", b, err)
	}
}
