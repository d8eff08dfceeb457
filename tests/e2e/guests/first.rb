puts 'first'
