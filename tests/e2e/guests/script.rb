# Uses Ruby's standard library: JSON, sets, digests, text formatting, dates, files.
require 'json'
require 'set'
require 'digest'
require 'erb'
require 'csv' rescue nil
require 'date'
require 'stringio'
require 'fileutils'

Point = Struct.new(:x, :y) do
  def distance = Math.sqrt(x * x + y * y)
end

puts "Ruby #{RUBY_VERSION[/\d+\.\d+/]} on #{RUBY_ENGINE}, #{ARGV.inspect}"
puts [Point.new(3, 4), Point.new(5, 12)].map(&:distance).inspect
puts JSON.generate('list' => [1, 2.5, nil, true], 'nested' => { 'text' => "caf\u00e9" })
puts JSON.parse('{"a": [1, {"b": "c"}]}').dig('a', 1, 'b')
puts Set[3, 1, 2].superset?(Set[1, 2])
puts Digest::SHA256.hexdigest('nacre')
puts ERB.new('<% 3.times do |i| %><%= i * i %> <% end %>').result
puts (Date.new(2026, 2, 27) + 3).strftime('%A %d %B %Y')
puts 2**200
puts (1..Float::INFINITY).lazy.select { |n| n % 7 == 0 }.map { |n| n * n }.first(5).inspect
puts 'the quick brown fox'.gsub(/\b(\w)/) { $1.upcase }.tr('aeiou', '*')
puts %w[pear fig apple].sort_by { |w| [w.size, w] }.join(' ')
puts format('%08.3f|%-6s|%+d|%x', Math::PI, 'ab', 7, 255)

fib = Hash.new { |h, n| h[n] = n < 2 ? n : h[n - 1] + h[n - 2] }
puts fib[90]

begin
  Integer('x')
rescue ArgumentError => e
  puts "rescued: #{e.message}"
end
puts catch(:done) { 10.times { |i| throw :done, i if i == 6 } }
words = Fiber.new { %w[one two three].each { |w| Fiber.yield w }; nil }
puts [words.resume, words.resume, words.resume].inspect

if ARGV[0]
  Dir.chdir(ARGV[0])
  FileUtils.mkdir_p('a/b')
  File.write('a/b/file.txt', "line 1\nline 2\n")
  File.open('a/b/file.txt', 'a') { |f| f.puts 'line 3' }
  puts File.readlines('a/b/file.txt', chomp: true).inspect
  puts Dir.glob('**/*').sort.inspect
  puts File.size('a/b/file.txt')
  FileUtils.rm_r('a')
  puts Dir.exist?('a')
end
$stderr.puts 'to stderr'
exit 7
